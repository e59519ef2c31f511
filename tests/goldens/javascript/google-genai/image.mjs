// Make an image with AIClient-2-API and save it.
import { existsSync, realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { GoogleGenAI } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY?.trim();
const BASE_URL = (process.env.AICLIENT2API_BASE_URL || "http://localhost:3000").replace(/\/+$/, "");
const MODEL = "gemini-3.1-flash-image";
const PROMPT = "A lighthouse at dusk, in watercolour.";

export async function generateImage(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false, // whatever GOOGLE_GENAI_USE_VERTEXAI says
    httpOptions: {
      baseUrl: BASE_URL,
      timeout: 300_000,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const contents = [{ role: "user", parts: [{ text: prompt }] }];
  const response = await ai.models.generateContent({
    model: MODEL,
    contents,
    config: { responseModalities: ["TEXT", "IMAGE"] },
  });
  const { content, finishReason } = response.candidates?.[0] ?? {};
  const parts = content?.parts ?? [];
  const text = parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join("");
  const images = parts.filter((part) => part.inlineData && !part.thought).map(({ inlineData }) => {
    const bytes = Buffer.from(inlineData.data, "base64");
    return { type: imageType(bytes, "inlineData"), bytes };
  });
  if (!images.length)
    throw new Error(`no image: ${text || finishReason || JSON.stringify(response.promptFeedback)}`);
  if (response.usage) log(`Usage: ${JSON.stringify(response.usage)}`);
  return images;
}

// Return the media type of an image, which its first bytes tell.
function imageType(bytes, name) {
  const start = bytes.toString("latin1", 0, 12);
  if (start.startsWith("\x89PNG")) return "image/png";
  if (start.startsWith("\xff\xd8")) return "image/jpeg";
  if (start.startsWith("GIF8")) return "image/gif";
  if (/^RIFF.{4}WEBP/s.test(start)) return "image/webp";
  throw new Error(`${name.slice(0, 100)} is not an image of the type PNG, JPEG, GIF or WebP`);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  generateImage(PROMPT, console.error).then(async (images) => {
    for (const { type, bytes } of images) {
      const name = `image-${crypto.randomUUID().slice(0, 8)}.${type.slice("image/".length)}`;
      await writeFile(name, bytes, { flag: "wx" }); // never overwrites
      console.log(name);
    }
  }).catch((error) => {
    const json = /\{(?:.*"raw"|.*?"message"):("(?:\\.|[^"\\])+").*\}/s; // holds the server's words
    const message = error.message.replace(json, (_, words) => JSON.parse(words));
    const reason = [error.status, message, error.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
