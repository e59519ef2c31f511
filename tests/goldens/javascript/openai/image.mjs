// Make an image with AITOLL and save it.
import { existsSync, realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "gemini-3-pro-image-preview";
const PROMPT = "A lighthouse at dusk, in watercolour.";

const client = new OpenAI({
  apiKey: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "OpenAI-Organization": null, "OpenAI-Project": null },
  timeout: 300_000,
  fetchOptions: { redirect: "manual" },
});

export async function generateImage(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const messages = [{ role: "user", content: [{ type: "text", text: prompt }] }];
  const completion = await client.chat.completions.create({ model: MODEL, messages, stream: false });
  const message = completion?.choices?.[0]?.message;
  if (!message) throw new Error(`no answer: ${JSON.stringify(completion)}`);
  const urls = imageUrls(message);
  if (!urls.length) throw new Error(`no image in the answer: ${JSON.stringify(message.content || message.refusal)}`);
  const images = await Promise.all(urls.map(download));
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
  return images;
}

const IMAGE_IN_TEXT = // a data URI, a Markdown image or a link
  /data:image\/\w+;base64,[\w+/=]+|(?<=!\[.*?\]\()[^)\s]+|https?:[^\s"'<>)\]]+\.(?:png|jpe?g|gif|webp)(?:\?[^\s"'<>)\]]*[\w/=-])?/g;

// Return the links and data URIs of images in the parts of the content, beside it or in its text.
function imageUrls({ content, images }) {
  return [content, images].flat().flatMap((part) => {
    if (part?.image_url) return part.image_url.url ?? part.image_url;
    if (part?.b64_json) return `data:image/png;base64,${part.b64_json}`;
    return (part?.text ?? part)?.match?.(IMAGE_IN_TEXT) ?? [];
  });
}

// Return the type and the bytes of an image from its link or data URI, without sending the key.
async function download(url) {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(120_000) });
  if (!response.ok) throw new Error(`HTTP ${response.status} for ${url}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { type: imageType(bytes, url), bytes };
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
    const reason = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
