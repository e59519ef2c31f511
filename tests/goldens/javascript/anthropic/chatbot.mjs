// Chat with a model on AIReiter in the terminal: Ctrl-C ends an answer, Ctrl-D the program.
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import Anthropic from "@anthropic-ai/sdk";

const API_KEY = process.env.AIREITER_API_KEY;
const BASE_URL = process.env.AIREITER_BASE_URL || "https://aireiter.com/api";
const MODEL = "claude-sonnet-4-6"; // or "claude-sonnet-4-5-20250929"
const MAX_TURNS = 20; // earlier ones are no longer sent

export async function* stream(messages, log = () => {}, signal) {
  if (!API_KEY) throw new Error("AIREITER_API_KEY is not set: export AIREITER_API_KEY=...");
  const client = new Anthropic({
    apiKey: null,
    authToken: API_KEY,
    baseURL: BASE_URL,
    defaultHeaders: { "anthropic-version": "2023-06-01" },
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
    logLevel: "off", // errors are thrown, not logged
  });
  const events = await client.messages.create({
    model: MODEL,
    messages,
    max_tokens: 4096,
    stream: true,
  }, { signal });
  let stopReason, usage;
  for await (const event of events) {
    if (event.type === "content_block_delta" && event.delta?.type === "text_delta") yield event.delta.text;
    if (event.type === "message_start") usage = event.message?.usage;
    if (event.type === "message_delta") stopReason = event.delta?.stop_reason ?? stopReason;
    if ("usage" in event) usage = { ...usage, ...event.usage };
    if (event.type === "message_stop") break;
  }
  if (!stopReason) throw new Error("the stream ended before the answer was complete");
  if (stopReason !== "end_turn") log(`Warning: stop_reason is ${stopReason}`);
  if (usage) log(`Usage: ${JSON.stringify(usage)}`);
}

async function chat() {
  const lines = createInterface({ input: process.stdin });
  const showPrompt = () => process.stdin.isTTY && process.stdout.write("> ");
  const log = (line) => line.startsWith("Warning") && console.error(`\n${line}`);
  const history = [];
  let controller;
  process.on("SIGINT", () => (controller ? controller.abort() : lines.close())); // Ctrl-C
  showPrompt();
  for await (const content of lines) {
    controller = new AbortController();
    history.push({ role: "user", content });
    let answer = "";
    try {
      for await (const text of stream(history.slice(-2 * MAX_TURNS - 1), log, controller.signal)) {
        process.stdout.write(text);
        answer += text;
      }
      history.push({ role: "assistant", content: answer });
      if (history.length === 2 * MAX_TURNS) console.error(`\n(From now on only the last ${MAX_TURNS} turns are sent.)`);
    } catch (error) {
      history.pop(); // the turn without an answer
      const text = [error.message, error.cause?.cause?.code]
        .join(" ")
        .replaceAll(API_KEY || "\0", "***");
      const message = `\nError: ${text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300)}`;
      console.error(controller.signal.aborted ? " (stopped)" : message);
    }
    controller = undefined;
    console.log();
    showPrompt();
  }
  console.log();
}

if (realpathSync(process.argv[1] ?? ".") === import.meta.filename) { // run, not imported
  if (API_KEY) chat();
  else {
    console.error("Error: AIREITER_API_KEY is not set: export AIREITER_API_KEY=...");
    process.exitCode = 1;
  }
}
