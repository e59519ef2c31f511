// Chat with a model on AIClient-2-API in the terminal; Ctrl-D ends it.
import { existsSync, realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { GoogleGenAI } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY?.trim();
const BASE_URL = (process.env.AICLIENT2API_BASE_URL || "http://localhost:3000").replace(/\/+$/, "");
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const MAX_TURNS = 20; // earlier ones are no longer sent

export async function* stream(contents, log = () => {}) {
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
  const chunks = await ai.models.generateContentStream({ model: MODEL, contents });
  let finishReason;
  for await (const chunk of chunks) {
    if (chunk.promptFeedback?.blockReason) throw new Error(`blocked: ${chunk.promptFeedback.blockReason}`);
    if (chunk.text) yield chunk.text;
    finishReason = chunk.candidates?.[0]?.finishReason || finishReason;
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (finishReason !== "STOP") log(`Warning: finishReason is ${finishReason}`);
}

async function chat() {
  const contents = [];
  process.stderr.write("> ");
  for await (const content of createInterface({ input: process.stdin })) {
    if (!content.trim()) continue;
    contents.push({ role: "user", parts: [{ text: content }] });
    try {
      let answer = "";
      for await (const text of stream(contents.slice(-2 * MAX_TURNS - 1), (line) => console.error(`\n${line}`))) {
        process.stdout.write(text);
        answer += text;
      }
      if (!answer) throw new Error("the answer is empty");
      contents.push({ role: "model", parts: [{ text: answer }] });
      if (contents.length === 2 * MAX_TURNS) console.error(`\nOnly the last ${MAX_TURNS} turns are sent.`);
    } catch (error) {
      contents.pop(); // the turn without an answer
      const json = /\{(?:.*"raw"|.*?"message"):("(?:\\.|[^"\\])+").*\}/s; // holds the server's words
      const message = error.message.replace(json, (_, words) => JSON.parse(words));
      const reason = [error.status, message, error.cause?.code].join(" ").trim();
      console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    }
    console.log();
    process.stderr.write("> ");
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  if (API_KEY) chat();
  else console.error("Error: AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
  process.exitCode = API_KEY ? 0 : 1;
}
