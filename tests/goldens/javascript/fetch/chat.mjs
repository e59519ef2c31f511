// Ask AITOLL a question and print the answer.
import { realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

export async function ask(prompt, log = () => {}) {
  const messages = [{ role: "user", content: prompt }];
  const completion = await post("/chat/completions", { model: MODEL, messages, stream: false });
  const choice = completion?.choices?.[0];
  const text = choice?.message?.content || choice?.message?.refusal;
  if (!text) throw new Error(`no text: ${choice?.finish_reason ?? JSON.stringify(completion)}`);
  if (choice.finish_reason !== "stop") log(`Warning: finish_reason is ${choice.finish_reason}`);
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
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
  }).catch((error) => { // ECONNREFUSED and the like are tried again
    if (retries === 0 || !/^E|CONNECT/.test(error.cause?.code)) throw error;
  });
  if (response?.ok) return response.json();
  const after = response?.headers.get("retry-after") ?? "2"; // seconds or a date
  const seconds = Number(after) || (Date.parse(after) - Date.now()) / 1000 || 2;
  const isBusy = !response || response.status === 429 || response.status >= 500;
  if (!response || (isBusy && retries > 0 && seconds <= 60)) {
    await sleep(seconds * 1000);
    return post(path, body, retries - 1);
  }
  const reply = await response.clone().json().catch(() => response.text()); // a proxy's page
  const error = reply?.error ?? reply?.[0]?.error ?? reply;
  const text = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  const message = typeof text === "string" ? text : JSON.stringify(text);
  throw new Error(`HTTP ${response.status}: ${message}`, { cause: response }); // for its status
}

if (realpathSync(process.argv[1] ?? ".") === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const text = [error.message, error.cause?.code].join(" ").replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/\p{Cc}+/gu, " ").trim().slice(0, 300));
    process.exitCode = 1;
  });
}
