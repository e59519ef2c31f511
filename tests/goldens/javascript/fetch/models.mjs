// List the models of AIReiter.
import { existsSync, realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const API_KEY = process.env.AIREITER_API_KEY?.trim();
const BASE_URL = (process.env.AIREITER_BASE_URL || "https://aireiter.com/api").replace(/\/+$/, "");
const RECOMMENDED = [
  "claude-haiku-4-5-20251001",
  "claude-sonnet-4-6",
  "claude-sonnet-4-5-20250929",
  "claude-opus-4-6",
  "gpt-5.5",
  "gpt-5.6-terra",
  "gpt-5.6-sol",
  "gpt_image_2",
  "nano_banana",
];

export async function listModels() {
  const body = await get("/v1/models");
  if (!Array.isArray(body?.data)) throw new Error(`no list of models: ${JSON.stringify(body)}`);
  return body.data.map((model) => model.id);
}

const UNREACHABLE = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]; // nothing was sent yet

async function get(path, retries = 2) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    headers: { Authorization: `Bearer ${API_KEY}` },
    redirect: "manual",
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !UNREACHABLE.includes(error.cause?.code)) throw error;
  });
  const reply = await response?.clone().json().catch(() => response.text()); // a proxy's page
  if (response?.ok && typeof reply === "object") return reply;
  const seconds = Number(response?.headers.get("retry-after")) || 2;
  if (!response || (retries > 0 && seconds <= 60 && (response.status === 429 || response.status >= 500))) {
    await sleep(seconds * 1000);
    return get(path, retries - 1);
  }
  const error = [reply?.error, reply?.errors?.[0], reply?.[0]?.error].find((one) => one?.message) ?? reply;
  const text = error?.metadata?.raw || error?.message || error?.msg || error?.detail || error?.error || error;
  const message = typeof text === "string" ? text : JSON.stringify(text);
  throw new Error(`HTTP ${response.status}: ${message}`, { cause: response }); // for its status
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const show = (id) => console.log(RECOMMENDED.includes(id) ? `${id} (recommended)` : id);
  listModels().then((ids) => ids.forEach(show)).catch((error) => {
    const reason = [error.message, error.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
