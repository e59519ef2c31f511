// Ask AIClient-2-API about an image.
import { realpathSync } from "node:fs";
import { GoogleGenAI, type Content } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY;
const BASE_URL = process.env.AICLIENT2API_BASE_URL || "http://localhost:3000";
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const PROMPT = "What is in this picture?";
const IMAGE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII=";

type Log = (line: string) => void;

export async function ask(prompt: string, image = IMAGE, log?: Log): Promise<string> {
  if (!API_KEY) throw new Error("AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false,
    httpOptions: {
      baseUrl: BASE_URL,
      timeout: 120_000,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const [, image_type, image_data] = image.split(/^data:|;base64,/);
  const contents: Content[] = [
    {
      role: "user",
      parts: [{ text: prompt }, { inlineData: { mimeType: image_type, data: image_data } }],
    },
  ];
  const response = await ai.models.generateContent({ model: MODEL, contents });
  const candidate = response.candidates?.[0];
  const parts = candidate?.content?.parts?.filter((part) => !part.thought) ?? [];
  const text = parts.map((part) => part.text ?? "").join("");
  if (!text) throw new Error(`no text: ${candidate?.finishReason ?? JSON.stringify(response)}`);
  if (candidate?.finishReason !== "STOP") log?.(`Warning: finishReason is ${candidate?.finishReason}`);
  if (response.usageMetadata) log?.(`Usage: ${JSON.stringify(response.usageMetadata)}`);
  return text;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  ask(PROMPT, IMAGE, console.error).then(console.log, (error) => {
    const text = [error.status, error.message, error.cause?.code].filter(Boolean).join(" ");
    const message = API_KEY ? text.replaceAll(API_KEY, "***") : text;
    console.error("Error:", message.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 400));
    process.exitCode = 1;
  });
}
