// Ask AITOLL a question and print the answer.
import { realpathSync } from "node:fs";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

export async function ask(prompt, log = () => {}) {
  const messages = [{ role: "user", content: prompt }];
  const body = await post("/chat/completions", { model: MODEL, messages, stream: false });
  const { message, finish_reason: finishReason } = body?.choices?.[0] ?? {};
  const text = message?.content || message?.refusal;
  if (!text) throw new Error(`no text: ${finishReason ?? errorText(body)}`);
  if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
  if (body.usage) log(`Usage: ${JSON.stringify(body.usage)}`);
  return text;
}

async function post(path, body, retries = 2) {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !error.cause?.code?.startsWith("E")) throw error; // such as ECONNREFUSED
  });
  if (response?.ok) return response.json();
  const after = response?.headers.get("retry-after") ?? 2; // seconds or a date
  const seconds = isNaN(after) ? (Date.parse(after) - Date.now()) / 1000 : after;
  const isBusy = !response || response.status === 429 || response.status >= 500;
  if (!isBusy || retries === 0 || !(seconds <= 60)) {
    const problem = await response.clone().json().catch(() => response.text()); // HTML of a proxy
    throw new Error(`HTTP ${response.status}: ${errorText(problem)}`, { cause: response });
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return post(path, body, retries - 1);
}

// The server's own message.
function errorText(body) {
  const error = body?.error ?? body?.[0]?.error ?? body;
  const message = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  return typeof message === "string" ? message : JSON.stringify(message);
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    console.log(await ask(PROMPT, console.error));
  } catch (error) {
    const text = `${error.message} ${error.cause?.code ?? ""}`.replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
