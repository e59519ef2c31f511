// Ask AIClient-2-API a question and print the answer.
import { realpathSync } from "node:fs";
import { GoogleGenAI } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY;
const BASE_URL = process.env.AICLIENT2API_BASE_URL || "http://localhost:3000";
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const PROMPT = "Say hello in one short sentence.";

export async function ask(prompt, log = () => {}) {
  if (!API_KEY) throw new Error("AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
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
  const contents = [{ role: "user", parts: [{ text: prompt }] }];
  const response = await ai.models.generateContent({ model: MODEL, contents });
  const { content, finishReason } = response.candidates?.[0] ?? {};
  const parts = content?.parts?.filter((part) => !part.thought) ?? [];
  const text = parts.map((part) => part.text ?? "").join("");
  if (!text) throw new Error(`no text: ${finishReason ?? JSON.stringify(response)}`);
  if (finishReason !== "STOP") log(`Warning: finishReason is ${finishReason}`);
  if (response.usageMetadata) log(`Usage: ${JSON.stringify(response.usageMetadata)}`);
  return text;
}

if (realpathSync(process.argv[1] ?? ".") === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const reason = [error.status, error.message, error.cause?.code].join(" ");
    const text = reason.replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/\p{Cc}+/gu, " ").trim().slice(0, 300));
    process.exitCode = 1;
  });
}
