// Chat with a model on AITOLL in the terminal; Ctrl-D ends it.
import { existsSync, realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText, type ModelMessage } from "ai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const MAX_TURNS = 20; // earlier ones are no longer sent

type Log = (line: string) => void;

export async function* stream(messages: ModelMessage[], log: Log = () => {}): AsyncGenerator<string> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const gateway = createOpenAICompatible({
    name: "AITOLL",
    baseURL: BASE_URL,
    apiKey: API_KEY,
    fetch: async (url, options) => {
      const response = await fetch(url, { ...options, redirect: "manual" });
      const isJson = response.headers.get("content-type")?.includes("json");
      if (response.ok && isJson) throw new Error(await response.text()); // an error in place of a stream
      return response;
    },
  });
  let failure: any;
  const result = streamText({
    model: gateway(MODEL),
    messages,
    onError: ({ error }) => (failure = error),
    timeout: { firstChunkMs: 120_000, chunkMs: 120_000 },
  });
  yield* result.textStream;
  if (failure) throw failure instanceof Error ? failure : new Error(failure.message ?? JSON.stringify(failure));
  const { rawFinishReason } = (await result.steps).at(-1)!;
  if (!rawFinishReason) throw new Error("the stream ended before the answer was complete");
  if (!["stop", "eos"].includes(rawFinishReason)) log(`Warning: ended with ${rawFinishReason}`);
}

async function chat() {
  const messages: ModelMessage[] = [];
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
    } catch (error: any) {
      messages.pop(); // the turn without an answer
      const { statusCode, data, responseBody, message } = error.lastError ?? error;
      const reply = data && responseBody && JSON.parse(responseBody).error;
      const reason = [statusCode, reply?.metadata?.raw ?? reply?.message ?? (responseBody || message)].join(" ").trim();
      console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    }
    console.log();
    process.stderr.write("> ");
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  if (API_KEY) chat();
  else console.error("Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  process.exitCode = API_KEY ? 0 : 1;
}
