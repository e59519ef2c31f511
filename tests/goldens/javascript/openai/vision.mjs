// Ask AITOLL about an image.
import { existsSync, realpathSync } from "node:fs";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "gemini-3-flash-preview"; // or "gemini-3-pro-preview"
const PROMPT = "What is in this picture?";
const IMAGE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII=";

const client = new OpenAI({
  apiKey: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "OpenAI-Organization": null, "OpenAI-Project": null },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
});

export async function ask(prompt, imageUrl = IMAGE, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const messages = [
    { role: "user", content: [{ type: "text", text: prompt }, { type: "image_url", image_url: { url: imageUrl } }] },
  ];
  const completion = await client.chat.completions.create({ model: MODEL, messages, stream: false });
  const { message, finish_reason } = completion?.choices?.[0] ?? {};
  const content = message?.content || message?.refusal;
  const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
  if (!text) throw new Error(`no text (finish_reason ${finish_reason}): ${JSON.stringify(completion)}`);
  if (finish_reason && !["stop", "eos"].includes(finish_reason)) log(`Warning: finish_reason is ${finish_reason}`);
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
  return text;
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, IMAGE, console.error).then(console.log, (error) => {
    const reason = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
