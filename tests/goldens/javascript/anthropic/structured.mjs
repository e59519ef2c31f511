// Get an answer of AIReiter as JSON that follows a schema.
import { existsSync, realpathSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import { Ajv } from "ajv";

const API_KEY = process.env.AIREITER_API_KEY?.trim();
const BASE_URL = (process.env.AIREITER_BASE_URL || "https://aireiter.com/api").replace(/\/+$/, "");
const MODEL = "claude-sonnet-4-6"; // or "claude-sonnet-4-5-20250929"
const PROMPT = "Rate this review: great sound, weak battery.";
const SCHEMA = {
  title: "review",
  type: "object",
  properties: {
    sentiment: { type: "string", enum: ["positive", "negative", "mixed"] },
    score: { type: "number", description: "from -1 to 1" },
    highlights: { type: "array", items: { type: "string" } },
  },
  required: ["sentiment", "score", "highlights"],
  additionalProperties: false,
};

const client = new Anthropic({
  apiKey: null,
  authToken: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "X-Api-Key": null, "anthropic-version": "2023-06-01" },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
});

export async function ask(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const instructions =
    "Answer with JSON only, no Markdown and no explanation. " +
    `It must follow this JSON Schema: ${JSON.stringify(SCHEMA)}`;
  const messages = [{ role: "user", content: prompt }];
  const message = await client.messages.create({
    model: MODEL,
    system: instructions,
    messages,
    max_tokens: 4096,
    stream: false,
  });
  const text = message?.content?.map((block) => (block.type === "text" ? block.text : "")).join("");
  if (!text) throw new Error(`no text (stop_reason ${message?.stop_reason}): ${JSON.stringify(message)}`);
  if (message.stop_reason && !["end_turn", "stop_sequence"].includes(message.stop_reason))
    log(`Warning: stop_reason is ${message.stop_reason}`);
  const answer = parseAnswer(text);
  if (message.usage) log(`Usage: ${JSON.stringify(message.usage)}`);
  return answer;
}

// Parse the JSON of an answer, which may stand after thoughts or a draft, in a fence or in prose.
function parseAnswer(answer) {
  const text = answer.replace(/^.*<\/think(ing)?>|^\s*<think(ing)?>.*/is, "").trim();
  const fenced = text.match(/```\w*\n(.*?)\n\s*```/s)?.[1] ?? "";
  const start = text.search(/[{[]\s*["{[\]}]/); // of JSON, not of {prose}
  const inProse = [...text.matchAll(/[}\]]/g)].map(({ index }) => text.slice(start, index + 1)).reverse();
  const ajv = new Ajv({ strict: false, logger: false });
  for (const json of [answer, text, fenced, ...inProse]) {
    try {
      const value = JSON.parse(json);
      if (ajv.validate(SCHEMA, value)) return value;
      if (start >= 0 && json.length < text.length - start) return parseAnswer(text.slice(start + json.length));
    } catch {} // no JSON
  }
  throw new Error(`the answer is not JSON that fits SCHEMA: ${ajv.errors ? ajv.errorsText() : text}`);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = ask(PROMPT, console.error);
  answer.then((value) => console.log(JSON.stringify(value, null, 2))).catch((error) => {
    const { metadata, message = error.message } = error.error?.error ?? error.error ?? {}; // the server's words
    const reason = [error.status, metadata?.raw ?? message, error.cause?.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
