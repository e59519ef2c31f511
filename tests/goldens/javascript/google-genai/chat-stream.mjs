// Ask AIClient-2-API a question and print the answer as it comes.
import { realpathSync } from "node:fs";
import { GoogleGenAI } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY;
const BASE_URL = process.env.AICLIENT2API_BASE_URL || "http://localhost:3000";
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const PROMPT = "Say hello in one short sentence.";

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY) throw new Error("AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false,
    httpOptions: {
      baseUrl: BASE_URL,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const contents = [{ role: "user", parts: [{ text: prompt }] }];
  const chunks = await ai.models.generateContentStream({ model: MODEL, contents });
  let finishReason, usage;
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

// The status and the server's own message.
function errorText({ status, message, cause }) {
  if (!status) return `${message} ${cause?.code ?? ""}`;
  const [body] = [JSON.parse(message.match(/[[{].*[}\]]/s)?.[0] ?? null)].flat();
  const error = body?.error ?? body;
  const text = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  return `HTTP ${status}: ${typeof text === "string" ? text : JSON.stringify(text)}`;
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
