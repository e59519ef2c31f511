// Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program.
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const MAX_TURNS = 20; // earlier ones are no longer sent

type Log = (line: string) => void;
type Message = OpenAI.ChatCompletionMessageParam;

export async function* stream(
  messages: Message[],
  log: Log = () => {},
  signal?: AbortSignal,
): AsyncGenerator<string> {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const client = new OpenAI({
    apiKey: API_KEY,
    baseURL: BASE_URL,
    organization: null, // not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    project: null,
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
    logLevel: "off", // errors are thrown, not logged
  });
  const chunks = await client.chat.completions.create({
    model: MODEL,
    messages,
    stream: true,
  }, { signal });
  let finishReason: string | undefined;
  let usage: object | undefined;
  for await (const chunk of chunks) {
    const choice = chunk.choices?.[0];
    const delta = choice?.delta?.content || choice?.delta?.refusal;
    if (typeof delta === "string") yield delta;
    finishReason = choice?.finish_reason || finishReason;
    usage = chunk.usage ?? usage;
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
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
      const text = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ");
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
    console.error("Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
    process.exitCode = 1;
  }
}
