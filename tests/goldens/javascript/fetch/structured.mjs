// Get an answer of AITOLL as JSON that follows a schema.
import { realpathSync } from "node:fs";
import Ajv from "ajv";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
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

export async function ask(prompt, log = () => {}) {
  const instructions =
    "Answer with JSON only, no Markdown and no explanation. " +
    `It must follow this JSON Schema: ${JSON.stringify(SCHEMA)}`;
  const messages = [{ role: "system", content: instructions }, { role: "user", content: prompt }];
  const body = await post("/chat/completions", {
    model: MODEL,
    messages,
    response_format: {
      type: "json_schema",
      json_schema: { name: "review", strict: true, schema: SCHEMA },
    },
    stream: false,
  });
  const { message, finish_reason: finishReason } = body?.choices?.[0] ?? {};
  const text = message?.content || message?.refusal;
  if (!text) throw new Error(`no text: ${finishReason ?? errorText(body)}`);
  if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
  const value = parseAnswer(text);
  if (body.usage) log(`Usage: ${JSON.stringify(body.usage)}`);
  return value;
}

async function post(path, body, retries = 2) {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !error.cause?.code?.startsWith("E")) throw error; // such as ECONNREFUSED
  });
  if (response?.ok) return response.json();
  const after = response?.headers.get("retry-after") ?? 2; // seconds or a date
  const seconds = isNaN(after) ? (Date.parse(after) - Date.now()) / 1000 : after;
  const isBusy = !response || response.status === 429 || response.status >= 500;
  if (!isBusy || retries === 0 || !(seconds <= 60)) {
    const problem = await response.clone().json().catch(() => response.text()); // HTML of a proxy
    throw new Error(`HTTP ${response.status}: ${errorText(problem)}`, { cause: response });
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return post(path, body, retries - 1);
}

// The server's own message.
function errorText(body) {
  const error = body?.error ?? body?.[0]?.error ?? body;
  const message = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  return typeof message === "string" ? message : JSON.stringify(message);
}

// The JSON of an answer: after <think>…</think>, in a Markdown fence, between words or alone.
function parseAnswer(answer) {
  const text = answer.replace(/^\s*<think>.*?<\/think>/s, "");
  const fenced = text.match(/```\w*\n(.*?)\n\s*```/s)?.[1];
  const value = JSON.parse(fenced ?? text.match(/[{[].*[}\]]/s)?.[0] ?? text);
  const ajv = new Ajv({ strict: false, logger: false });
  if (!ajv.validate(SCHEMA, value)) throw new Error(`not as in SCHEMA: ${ajv.errorsText()}`);
  return value;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    console.log(JSON.stringify(await ask(PROMPT, console.error), null, 2));
  } catch (error) {
    const text = `${error.message} ${error.cause?.code ?? ""}`.replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
