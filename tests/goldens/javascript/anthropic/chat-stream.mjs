// Ask AIReiter a question and print the answer as it comes.
import { existsSync, realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
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
  logLevel: "off", // errors are thrown, not logged
});

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const messages = [{ role: "user", content: prompt }];
  const events = await client.messages.create({ model: MODEL, messages, max_tokens: 4096, stream: true });
  let stopReason, usage;
  for await (const event of events) {
    if ("content_block" in event && event.content_block.type === "text") yield event.content_block.text ?? "";
    if (event.type === "content_block_delta" && event.delta?.type === "text_delta") yield event.delta.text;
    if (event.type === "message_delta") stopReason = event.delta?.stop_reason || stopReason;
    if (event.type === "message_start") usage = event.message?.usage;
    if ("usage" in event) usage = { ...usage, ...event.usage };
    if (event.type === "message_stop") break;
  }
  if (!stopReason) throw new Error("the stream ended before the answer was complete");
  if (!["end_turn", "stop_sequence"].includes(stopReason)) log(`Warning: stop_reason is ${stopReason}`);
  if (usage) log(`Usage: ${JSON.stringify(usage)}`);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const { metadata, message = error.message } = error.error?.error ?? error.error ?? {}; // the server's words
    const reason = [error.status, metadata?.raw ?? message, error.cause?.cause?.code].join(" ").trim();
    console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
