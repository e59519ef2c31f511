// Get an answer of AITOLL as JSON that follows a schema.
import { existsSync, realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Ajv } from "ajv";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
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

type Log = (line: string) => void;
type Answer = { sentiment: "positive" | "negative" | "mixed"; score: number; highlights: string[] };
type Part = { text?: string };
type Choice = { message?: { content?: string | Part[]; refusal?: string }; finish_reason?: string };
type ChatCompletion = { choices?: Choice[]; usage?: object };

export async function ask(prompt: string, log: Log = () => {}): Promise<Answer> {
  const instructions =
    "Answer with JSON only, no Markdown and no explanation. " +
    `It must follow this JSON Schema: ${JSON.stringify(SCHEMA)}`;
  const messages = [{ role: "system", content: instructions }, { role: "user", content: prompt }];
  const completion: ChatCompletion = await post("/chat/completions", {
    model: MODEL,
    messages,
    response_format: { type: "json_schema", json_schema: { name: "review", strict: true, schema: SCHEMA } },
    stream: false,
  });
  const { message, finish_reason }: Choice = completion?.choices?.[0] ?? {};
  const content = message?.content || message?.refusal;
  const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
  if (!text) throw new Error(`no text (finish_reason ${finish_reason}): ${JSON.stringify(completion)}`);
  if (finish_reason && !["stop", "eos"].includes(finish_reason)) log(`Warning: finish_reason is ${finish_reason}`);
  const answer = parseAnswer(text);
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
  return answer;
}

const UNREACHABLE = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]; // nothing was sent yet

async function post(path: string, body: object, retries = 2): Promise<any> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !UNREACHABLE.includes(error.cause?.code)) throw error;
  });
  const reply: any = await response?.clone().json().catch(() => response.text()); // a proxy's page
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

// Parse the JSON of an answer, which may stand after thoughts or a draft, in a fence or in prose.
function parseAnswer(answer: string): Answer {
  const text = answer.replace(/^.*<\/think(ing)?>|^\s*<think(ing)?>.*/is, "").trim();
  const fenced = text.match(/```\w*\n(.*?)\n\s*```/s)?.[1] ?? "";
  const start = text.search(/[{[]\s*["{[\]}]/); // of JSON, not of {prose}
  const inProse = [...text.matchAll(/[}\]]/g)].map(({ index }) => text.slice(start, index + 1)).reverse();
  const ajv = new Ajv({ strict: false, logger: false });
  for (const json of [answer, text, fenced, ...inProse]) {
    try {
      const value: unknown = JSON.parse(json);
      if (ajv.validate<Answer>(SCHEMA, value)) return value;
      if (start >= 0 && json.length < text.length - start) return parseAnswer(text.slice(start + json.length));
    } catch {} // no JSON
  }
  throw new Error(`the answer is not JSON that fits SCHEMA: ${ajv.errors ? ajv.errorsText() : text}`);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = ask(PROMPT, console.error);
  answer.then((value) => console.log(JSON.stringify(value, null, 2))).catch((error) => {
    const reason = [error.message, error.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
