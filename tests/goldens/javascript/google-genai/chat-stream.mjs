// Ask AIClient-2-API a question and print the answer as it comes.
import { existsSync, realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { GoogleGenAI } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY?.trim();
const BASE_URL = (process.env.AICLIENT2API_BASE_URL || "http://localhost:3000").replace(/\/+$/, "");
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const PROMPT = "Say hello in one short sentence.";

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false, // whatever GOOGLE_GENAI_USE_VERTEXAI says
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
    if (chunk.promptFeedback?.blockReason) throw new Error(`blocked: ${chunk.promptFeedback.blockReason}`);
    if (chunk.text) yield chunk.text;
    finishReason = chunk.candidates?.[0]?.finishReason || finishReason;
    usage = chunk.usageMetadata ?? usage;
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (finishReason !== "STOP") log(`Warning: finishReason is ${finishReason}`);
  if (usage) log(`Usage: ${JSON.stringify(usage)}`);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const json = /\{(?:.*"raw"|.*?"message"):("(?:\\.|[^"\\])+").*\}/s; // holds the server's words
    const message = error.message.replace(json, (_, words) => JSON.parse(words));
    const reason = [error.status, message, error.cause?.code].join(" ").trim();
    console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
