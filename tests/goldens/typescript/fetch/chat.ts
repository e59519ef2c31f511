// Ask AITOLL a question and print the answer.
import { existsSync, realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

type Log = (line: string) => void;
type Part = { text?: string };
type Choice = { message?: { content?: string | Part[]; refusal?: string }; finish_reason?: string };
type ChatCompletion = { choices?: Choice[]; usage?: object };

export async function ask(prompt: string, log: Log = () => {}): Promise<string> {
  const messages = [{ role: "user", content: prompt }];
  const completion: ChatCompletion = await post("/chat/completions", { model: MODEL, messages, stream: false });
  const { message, finish_reason }: Choice = completion?.choices?.[0] ?? {};
  const content = message?.content || message?.refusal;
  const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
  if (!text) throw new Error(`no text (finish_reason ${finish_reason}): ${JSON.stringify(completion)}`);
  if (finish_reason && !["stop", "eos"].includes(finish_reason)) log(`Warning: finish_reason is ${finish_reason}`);
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
  return text;
}

const UNREACHABLE = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]; // nothing was sent yet

async function post(path: string, body: object, retries = 2): Promise<any> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !UNREACHABLE.includes(error.cause?.code)) throw error;
  });
  const reply: any = await response?.clone().json().catch(() => response.text()); // a proxy's page
  if (response?.ok && typeof reply === "object") return reply;
  const seconds = Number(response?.headers.get("retry-after")) || 2;
  if (!response || (retries > 0 && seconds <= 60 && (response.status === 429 || response.status >= 500))) {
    await sleep(seconds * 1000);
    return post(path, body, retries - 1);
  }
  const error = [reply?.error, reply?.errors?.[0], reply?.[0]?.error].find((one) => one?.message) ?? reply;
  const text = error?.metadata?.raw || error?.message || error?.msg || error?.detail || error?.error || error;
  const message = typeof text === "string" ? text : JSON.stringify(text);
  throw new Error(`HTTP ${response.status}: ${message}`, { cause: response }); // for its status
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const reason = [error.message, error.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
