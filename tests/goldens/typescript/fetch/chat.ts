// Ask AITOLL a question and print the answer.
import { realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

type Log = (line: string) => void;
type Choice = { message?: { content?: string; refusal?: string }; finish_reason?: string };
type ChatCompletion = { choices?: Choice[]; usage?: object };

export async function ask(prompt: string, log?: Log): Promise<string> {
  const messages = [{ role: "user", content: prompt }];
  const response = await post("/chat/completions", { model: MODEL, messages, stream: false });
  const body = (await response.json()) as ChatCompletion;
  const choice = body?.choices?.[0];
  const text = choice?.message?.content || choice?.message?.refusal;
  if (!text) throw new Error(`no text: ${choice?.finish_reason ?? JSON.stringify(body)}`);
  if (choice.finish_reason !== "stop") log?.(`Warning: finish_reason is ${choice.finish_reason}`);
  if (body.usage) log?.(`Usage: ${JSON.stringify(body.usage)}`);
  return text;
}

async function post(path: string, body: object, retries = 2): Promise<Response> {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !error.cause?.code) throw error; // such as ECONNREFUSED
  });
  if (response?.ok) return response;
  const after = response?.headers.get("retry-after") ?? "2"; // seconds or a date
  const seconds = Number(after) || (Date.parse(after) - Date.now()) / 1000;
  const busy = !response || response.status === 429 || response.status >= 500;
  if (!response || (busy && retries > 0 && seconds <= 60)) {
    await sleep(seconds * 1000);
    return post(path, body, retries - 1);
  }
  const problem = await response.clone().json().catch(() => response.text()); // HTML of a proxy
  throw new Error(`HTTP ${response.status}: ${JSON.stringify(problem)}`, { cause: response });
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  ask(PROMPT, console.error).then(console.log, (error) => {
    const text = [error.message, error.cause?.code].filter(Boolean).join(" ");
    const message = API_KEY ? text.replaceAll(API_KEY, "***") : text;
    console.error("Error:", message.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 400));
    process.exitCode = 1;
  });
}
