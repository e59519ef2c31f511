// Get an answer of AITOLL as JSON that follows a schema.
import { existsSync, realpathSync } from "node:fs";
import OpenAI from "openai";
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

const client = new OpenAI({
  apiKey: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "OpenAI-Organization": null, "OpenAI-Project": null },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
});

export async function ask(prompt: string, log: Log = () => {}): Promise<Answer> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const instructions =
    "Answer with JSON only, no Markdown and no explanation. " +
    `It must follow this JSON Schema: ${JSON.stringify(SCHEMA)}`;
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: "system", content: instructions },
    { role: "user", content: prompt },
  ];
  const completion = await client.chat.completions.create({
    model: MODEL,
    messages,
    response_format: { type: "json_schema", json_schema: { name: "review", strict: true, schema: SCHEMA } },
    stream: false,
  });
  const { message, finish_reason }: Partial<OpenAI.ChatCompletion.Choice> = completion?.choices?.[0] ?? {};
  const content = message?.content || message?.refusal;
  const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
  if (!text) throw new Error(`no text (finish_reason ${finish_reason}): ${JSON.stringify(completion)}`);
  if (finish_reason && !["stop", "eos"].includes(finish_reason)) log(`Warning: finish_reason is ${finish_reason}`);
  const answer = parseAnswer(text);
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
  return answer;
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
    const reason = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
