// Chat with a model on AIClient-2-API in the terminal: Ctrl-C ends an answer, Ctrl-D the program.
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { GoogleGenAI, type Content } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY;
const BASE_URL = process.env.AICLIENT2API_BASE_URL || "http://localhost:3000";
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const MAX_TURNS = 20; // earlier ones are no longer sent

type Log = (line: string) => void;

export async function* stream(
  contents: Content[],
  log: Log = () => {},
  signal?: AbortSignal,
): AsyncGenerator<string> {
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

async function chat(): Promise<void> {
  const showPrompt = () => process.stdin.isTTY && process.stdout.write("> ");
  const log = (line: string) => line.startsWith("Warning") && console.error(`\n${line}`);
  const history: Content[] = [];
  showPrompt();
  for await (const line of createInterface({ input: process.stdin })) {
    const turn: Content = { role: "user", parts: [{ text: line }] };
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
      history.push(turn, { role: "model", parts: [{ text: answer }] });
      const full = history.length === 2 * MAX_TURNS;
      if (full) console.error(`\n(From now on only the last ${MAX_TURNS} turns are sent.)`);
    } catch (error: any) {
      const text = [error.status, error.message, error.cause?.code].join(" ");
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
    console.error("Error: AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
    process.exitCode = 1;
  }
}
