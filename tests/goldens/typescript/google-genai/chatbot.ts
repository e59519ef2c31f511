// Chat with a model on AIClient-2-API in the terminal: Ctrl-C ends an answer, Ctrl-D the program.
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { GoogleGenAI, type Content } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY;
const BASE_URL = process.env.AICLIENT2API_BASE_URL || "http://localhost:3000";
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const MAX_TURNS = 20; // earlier ones are no longer sent

type Log = (line: string) => void;

export async function* stream(contents: Content[], log: Log = () => {}, signal?: AbortSignal): AsyncGenerator<string> {
  if (!API_KEY) throw new Error("AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false, // whatever GOOGLE_GENAI_USE_VERTEXAI says
    httpOptions: {
      baseUrl: BASE_URL,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const chunks = await ai.models.generateContentStream({
    model: MODEL,
    contents,
    config: { abortSignal: signal },
  });
  let finishReason: string | undefined;
  let usage: object | undefined;
  for await (const chunk of chunks) {
    const blocked = chunk.promptFeedback?.blockReason;
    if (blocked) throw new Error(`blocked: ${blocked}`);
    const candidate = chunk.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      if (part.text && !part.thought) yield part.text;
    }
    finishReason = candidate?.finishReason ?? finishReason;
    usage = chunk.usageMetadata ?? usage;
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (finishReason !== "STOP") log(`Warning: finishReason is ${finishReason}`);
  if (usage) log(`Usage: ${JSON.stringify(usage)}`);
}

async function chat() {
  const lines = createInterface({ input: process.stdin });
  const showPrompt = () => process.stdin.isTTY && process.stdout.write("> ");
  const log = (line: string) => line.startsWith("Warning") && console.error(`\n${line}`);
  const history: Content[] = [];
  let controller: AbortController | undefined;
  process.on("SIGINT", () => (controller ? controller.abort() : lines.close())); // Ctrl-C
  showPrompt();
  for await (const content of lines) {
    controller = new AbortController();
    history.push({ role: "user", parts: [{ text: content }] });
    let answer = "";
    try {
      for await (const text of stream(history.slice(-2 * MAX_TURNS - 1), log, controller.signal)) {
        process.stdout.write(text);
        answer += text;
      }
      history.push({ role: "model", parts: [{ text: answer }] });
      if (history.length === 2 * MAX_TURNS) console.error(`\n(From now on only the last ${MAX_TURNS} turns are sent.)`);
    } catch (error: any) {
      history.pop(); // the turn without an answer
      const text = [error.status, error.message, error.cause?.code]
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
    console.error("Error: AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
    process.exitCode = 1;
  }
}
