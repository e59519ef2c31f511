// Chat with a model on AIReiter in the terminal: Ctrl-C ends an answer, Ctrl-D the program.
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import Anthropic from "@anthropic-ai/sdk";

const API_KEY = process.env.AIREITER_API_KEY;
const BASE_URL = process.env.AIREITER_BASE_URL || "https://aireiter.com/api";
const MODEL = "claude-sonnet-4-6"; // or "claude-sonnet-4-5-20250929"
const MAX_TURNS = 20; // earlier ones are no longer sent

type Log = (line: string) => void;
type Message = Anthropic.MessageParam;

export async function* stream(
  messages: Message[],
  log: Log = () => {},
  signal?: AbortSignal,
): AsyncGenerator<string> {
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
  let stopReason: string | null | undefined;
  let usage: object | undefined;
  for await (const event of events) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
      yield event.delta.text;
    }
    if (event.type === "message_start") usage = event.message?.usage;
    if (event.type === "message_delta") stopReason = event.delta.stop_reason ?? stopReason;
    if ("usage" in event) usage = { ...usage, ...event.usage };
    if (event.type === "message_stop") break;
  }
  if (!stopReason) throw new Error("the stream ended before the answer was complete");
  if (stopReason !== "end_turn") log(`Warning: stop_reason is ${stopReason}`);
  if (usage) log(`Usage: ${JSON.stringify(usage)}`);
}

async function chat(): Promise<void> {
  const showPrompt = () => process.stdin.isTTY && process.stdout.write("> ");
  const log = (line: string) => line.startsWith("Warning") && console.error(`\n${line}`);
  const history: Message[] = [];
  showPrompt();
  for await (const line of createInterface({ input: process.stdin })) {
    const turn: Message = { role: "user", content: line };
    const messages = [...history.slice(-2 * MAX_TURNS), turn];
    const controller = new AbortController();
    const stop = () => controller.abort();
    process.once("SIGINT", stop); // Ctrl-C
    let answer = "";
    try {
      for await (const text of stream(messages, log, controller.signal)) {
        process.stdout.write(text);
        answer += text;
      }
      history.push(turn, { role: "assistant", content: answer });
      const full = history.length === 2 * MAX_TURNS;
      if (full) console.error(`\n(From now on only the last ${MAX_TURNS} turns are sent.)`);
    } catch (error: any) {
      const text = [error.message, error.cause?.cause?.code].join(" ");
      const message = API_KEY ? text.replaceAll(API_KEY, "***") : text;
      const shown = `\nError: ${message.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 400)}`;
      console.error(controller.signal.aborted ? " (stopped)" : shown);
    }
    process.off("SIGINT", stop);
    console.log();
    showPrompt();
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  if (API_KEY) chat();
  else {
    console.error("Error: AIREITER_API_KEY is not set: export AIREITER_API_KEY=...");
    process.exitCode = 1;
  }
}
