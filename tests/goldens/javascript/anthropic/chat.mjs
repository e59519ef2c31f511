// Ask AIReiter a question and print the answer.
import { existsSync, realpathSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";

const API_KEY = process.env.AIREITER_API_KEY?.trim();
const BASE_URL = (process.env.AIREITER_BASE_URL || "https://aireiter.com/api").replace(/\/+$/, "");
const MODEL = "claude-sonnet-4-6"; // or "claude-sonnet-4-5-20250929"
const PROMPT = "Say hello in one short sentence.";

const client = new Anthropic({
  apiKey: null,
  authToken: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "X-Api-Key": null, "anthropic-version": "2023-06-01" },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
});

export async function ask(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const messages = [{ role: "user", content: prompt }];
  const message = await client.messages.create({ model: MODEL, messages, max_tokens: 4096, stream: false });
  const text = message?.content?.map((block) => (block.type === "text" ? block.text : "")).join("");
  if (!text) throw new Error(`no text (stop_reason ${message?.stop_reason}): ${JSON.stringify(message)}`);
  if (message.stop_reason && !["end_turn", "stop_sequence"].includes(message.stop_reason))
    log(`Warning: stop_reason is ${message.stop_reason}`);
  if (message.usage) log(`Usage: ${JSON.stringify(message.usage)}`);
  return text;
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const { metadata, message = error.message } = error.error?.error ?? error.error ?? {}; // the server's words
    const reason = [error.status, metadata?.raw ?? message, error.cause?.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
