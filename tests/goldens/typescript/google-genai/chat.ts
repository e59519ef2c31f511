// Ask AIClient-2-API a question and print the answer.
import { existsSync, realpathSync } from "node:fs";
import { GoogleGenAI, type Content } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY?.trim();
const BASE_URL = (process.env.AICLIENT2API_BASE_URL || "http://localhost:3000").replace(/\/+$/, "");
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const PROMPT = "Say hello in one short sentence.";

type Log = (line: string) => void;

export async function ask(prompt: string, log: Log = () => {}): Promise<string> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false, // whatever GOOGLE_GENAI_USE_VERTEXAI says
    httpOptions: {
      baseUrl: BASE_URL,
      timeout: 120_000,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const contents: Content[] = [{ role: "user", parts: [{ text: prompt }] }];
  const response = await ai.models.generateContent({ model: MODEL, contents });
  const { text } = response;
  const finishReason = response.candidates?.[0]?.finishReason;
  if (!text) throw new Error(`no text: ${JSON.stringify(response.promptFeedback ?? response.candidates)}`);
  if (finishReason && finishReason !== "STOP") log(`Warning: finishReason is ${finishReason}`);
  if (response.usageMetadata) log(`Usage: ${JSON.stringify(response.usageMetadata)}`);
  return text;
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const json = /\{(?:.*"raw"|.*?"message"):("(?:\\.|[^"\\])+").*\}/s; // holds the server's words
    const message = error.message.replace(json, (_: string, words: string) => JSON.parse(words));
    const reason = [error.status, message, error.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
