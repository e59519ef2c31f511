// Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program.
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText, type ModelMessage } from "ai";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const MAX_TURNS = 20; // earlier ones are no longer sent

type Log = (line: string) => void;

export async function* stream(messages: ModelMessage[], log: Log = () => {}, signal?: AbortSignal): AsyncGenerator<string> {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const gateway = createOpenAICompatible({
    name: "AITOLL",
    baseURL: BASE_URL,
    apiKey: API_KEY,
    fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
  });
  let failure: Error | undefined;
  const result = streamText({
    model: gateway(MODEL),
    messages,
    onError: ({ error }) => {
      failure = error instanceof Error ? error : new Error((error as Error)?.message ?? "the server sent an error");
    },
    abortSignal: signal,
    timeout: { firstChunkMs: 120_000, chunkMs: 120_000 },
  });
  yield* result.textStream;
  if (failure) throw failure;
  const { finishReason, rawFinishReason, usage } = (await result.steps).at(-1)!;
  if (!rawFinishReason) throw new Error("the stream ended before the answer was complete");
  if (finishReason !== "stop") log(`Warning: finishReason is ${rawFinishReason}`);
  if (usage.raw) log(`Usage: ${JSON.stringify(usage.raw)}`);
}

// The server's message, or that of the package, without the key.
function errorText(error: any): string {
  const { statusCode, data, responseBody, message } = error.lastError ?? error;
  const reply = data && responseBody && JSON.parse(responseBody).error;
  const reason = reply?.metadata?.raw ?? reply?.message ?? (responseBody || message);
  const text = statusCode ? `HTTP ${statusCode}: ${reason}` : message;
  return text.replaceAll(API_KEY || "\0", "***");
}

async function chat() {
  const lines = createInterface({ input: process.stdin });
  const showPrompt = () => process.stdin.isTTY && process.stdout.write("> ");
  const log = (line: string) => line.startsWith("Warning") && console.error(`\n${line}`);
  const history: ModelMessage[] = [];
  let controller: AbortController | undefined;
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
    } catch (error: any) {
      history.pop(); // the turn without an answer
      const text = errorText(error);
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
    console.error("Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
    process.exitCode = 1;
  }
}
