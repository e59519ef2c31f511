// Chat with a model on AIReiter in the terminal; Ctrl-D ends it.
import { existsSync, realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import Anthropic from "@anthropic-ai/sdk";

const API_KEY = process.env.AIREITER_API_KEY?.trim();
const BASE_URL = (process.env.AIREITER_BASE_URL || "https://aireiter.com/api").replace(/\/+$/, "");
const MODEL = "claude-sonnet-4-6"; // or "claude-sonnet-4-5-20250929"
const MAX_TURNS = 20; // earlier ones are no longer sent

const client = new Anthropic({
  apiKey: null,
  authToken: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "X-Api-Key": null, "anthropic-version": "2023-06-01" },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
  logLevel: "off", // errors are thrown, not logged
});

export async function* stream(messages, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const events = await client.messages.create({ model: MODEL, messages, max_tokens: 4096, stream: true });
  let stopReason;
  for await (const event of events) {
    if ("content_block" in event && event.content_block.type === "text") yield event.content_block.text ?? "";
    if (event.type === "content_block_delta" && event.delta?.type === "text_delta") yield event.delta.text;
    if (event.type === "message_delta") stopReason = event.delta?.stop_reason || stopReason;
    if (event.type === "message_stop") break;
  }
  if (!stopReason) throw new Error("the stream ended before the answer was complete");
  if (!["end_turn", "stop_sequence"].includes(stopReason)) log(`Warning: stop_reason is ${stopReason}`);
}

async function chat() {
  const messages = [];
  process.stderr.write("> ");
  for await (const content of createInterface({ input: process.stdin })) {
    if (!content.trim()) continue;
    messages.push({ role: "user", content });
    try {
      let answer = "";
      for await (const text of stream(messages.slice(-2 * MAX_TURNS - 1), (line) => console.error(`\n${line}`))) {
        process.stdout.write(text);
        answer += text;
      }
      if (!answer) throw new Error("the answer is empty");
      messages.push({ role: "assistant", content: answer });
      if (messages.length === 2 * MAX_TURNS) console.error(`\nOnly the last ${MAX_TURNS} turns are sent.`);
    } catch (error) {
      messages.pop(); // the turn without an answer
      const { metadata, message = error.message } = error.error?.error ?? error.error ?? {}; // the server's words
      const reason = [error.status, metadata?.raw ?? message, error.cause?.cause?.code].join(" ").trim();
      console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    }
    console.log();
    process.stderr.write("> ");
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  if (API_KEY) chat();
  else console.error("Error: AIREITER_API_KEY is not set: export AIREITER_API_KEY=...");
  process.exitCode = API_KEY ? 0 : 1;
}
