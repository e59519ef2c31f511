// Make an image with AITOLL and save it.
import { existsSync, realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "gemini-3-pro-image-preview";
const PROMPT = "A lighthouse at dusk, in watercolour.";

export async function generateImage(prompt, log = () => {}) {
  const messages = [{ role: "user", content: [{ type: "text", text: prompt }] }];
  const body = await post("/chat/completions", { model: MODEL, messages, stream: false });
  const message = body?.choices?.[0]?.message;
  if (!message) throw new Error(`no answer: ${JSON.stringify(body)}`);
  const urls = imageUrls(message);
  if (!urls.length) throw new Error(`no image in the answer: ${JSON.stringify(message.content || message.refusal)}`);
  const images = await Promise.all(urls.map(download));
  if (body.usage) log(`Usage: ${JSON.stringify(body.usage)}`);
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

const UNREACHABLE = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]; // nothing was sent yet

async function post(path, body, retries = 2) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(300_000),
  }).catch((error) => {
    if (retries === 0 || !UNREACHABLE.includes(error.cause?.code)) throw error;
  });
  const reply = await response?.clone().json().catch(() => response.text()); // a proxy's page
  if (response?.ok && typeof reply === "object") return reply;
  const seconds = Number(response?.headers.get("retry-after")) || 2;
  if (!response || (retries > 0 && seconds <= 60 && (response.status === 429 || response.status >= 500))) {
    await sleep(seconds * 1000);
    return post(path, body, retries - 1);
  }
  const error = [reply?.error, reply?.errors?.[0], reply?.[0]?.error].find((one) => one?.message) ?? reply;
  const text = error?.metadata?.raw || error?.message || error?.msg || error?.detail || error?.error || error;
  const message = typeof text === "string" ? text : JSON.stringify(text);
  throw new Error(`HTTP ${response.status}: ${message}`, { cause: response }); // for its status
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  generateImage(PROMPT, console.error).then(async (images) => {
    for (const { type, bytes } of images) {
      const name = `image-${crypto.randomUUID().slice(0, 8)}.${type.slice("image/".length)}`;
      await writeFile(name, bytes, { flag: "wx" }); // never overwrites
      console.log(name);
    }
  }).catch((error) => {
    const reason = [error.message, error.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
