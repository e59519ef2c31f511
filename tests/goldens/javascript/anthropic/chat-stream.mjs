// Ask AIReiter a question and print the answer as it comes.
import { realpathSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";

const API_KEY = process.env.AIREITER_API_KEY;
const BASE_URL = process.env.AIREITER_BASE_URL || "https://aireiter.com/api";
const MODEL = "claude-sonnet-4-6"; // or "claude-sonnet-4-5-20250929"
const PROMPT = "Say hello in one short sentence.";

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY) throw new Error("AIREITER_API_KEY is not set: export AIREITER_API_KEY=...");
  const client = new Anthropic({
    apiKey: null,
    authToken: API_KEY,
    baseURL: BASE_URL,
    defaultHeaders: { "anthropic-version": "2023-06-01" },
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
    logLevel: "off",
  });
  const messages = [{ role: "user", content: prompt }];
  const events = await client.messages.create({
    model: MODEL,
    messages,
    max_tokens: 4096,
    stream: true,
  });
  let stopReason, usage;
  for await (const event of events) {
    if (event.delta?.type === "text_delta") yield event.delta.text;
    stopReason = event.delta?.stop_reason ?? stopReason;
    usage = { ...usage, ...event.message?.usage, ...event.usage };
    if (event.type === "message_stop") break;
  }
  if (!stopReason) throw new Error("the stream ended before the answer was complete");
  if (stopReason !== "end_turn") log(`Warning: stop_reason is ${stopReason}`);
  log(`Usage: ${JSON.stringify(usage)}`);
}

// The status and the server's own message.
function errorText({ status, error: body, message = "", cause }) {
  const error = body?.error ?? body?.[0]?.error ?? body ?? message.replace(/^\d{3} /, "");
  const text = error.metadata?.raw ?? error.message ?? error.msg ?? error.detail ?? error;
  const line = typeof text === "string" ? text : JSON.stringify(text);
  return status ? `HTTP ${status}: ${line}` : `${line} ${cause?.cause?.code ?? ""}`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  process.stdout.on("error", () => process.exit(1)); // a closed pipe, as in `| head`
  const log = (line) => console.error(`\n${line}`);
  try {
    for await (const text of stream(PROMPT, log)) process.stdout.write(text);
    console.log();
  } catch (error) {
    const text = errorText(error).replaceAll(API_KEY || "\0", "***");
    console.error("\nError:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
