// Get an answer of AITOLL as JSON that follows a schema.
import { realpathSync } from "node:fs";
import OpenAI from "openai";
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
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const client = new OpenAI({
    apiKey: API_KEY,
    baseURL: BASE_URL,
    organization: null, // not from OPENAI_ORG_ID
    project: null,
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
    logLevel: "off",
  });
  const instructions =
    "Answer with JSON only, no Markdown and no explanation. " +
    `It must follow this JSON Schema: ${JSON.stringify(SCHEMA)}`;
  const messages = [{ role: "system", content: instructions }, { role: "user", content: prompt }];
  const completion = await client.chat.completions.create({
    model: MODEL,
    messages,
    response_format: {
      type: "json_schema",
      json_schema: { name: "review", strict: true, schema: SCHEMA },
    },
    stream: false,
  });
  const { message, finish_reason: finishReason } = completion?.choices?.[0] ?? {};
  const { content, refusal } = message ?? {};
  const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
  if (!text && !refusal) throw new Error(`no text: ${finishReason ?? JSON.stringify(completion)}`);
  if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
  const value = parseAnswer(text || refusal);
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
  return value;
}

// The JSON of an answer: after <think>…</think>, in a Markdown fence, between words or alone.
function parseAnswer(answer) {
  const text = answer.replace(/^\s*<think>.*?<\/think>/s, "");
  const fenced = text.match(/```\w*\s(.*)```/s)?.[1];
  const bare = text.match(/[{[].*[}\]]/s)?.[0];
  const json = [text, fenced, bare].find(isJson);
  if (!json) throw new Error(`no JSON in the answer: ${answer.slice(0, 200)}`);
  const value = JSON.parse(json);
  const ajv = new Ajv({ strict: false, logger: false });
  if (!ajv.validate(SCHEMA, value)) throw new Error(`not as in SCHEMA: ${ajv.errorsText()}`);
  return value;
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    console.log(JSON.stringify(await ask(PROMPT, console.error), null, 2));
  } catch (error) {
    const text = `${error.message} ${error.error?.metadata?.raw ?? error.cause?.cause?.code ?? ""}`;
    const message = API_KEY ? text.replaceAll(API_KEY, "***") : text;
    console.error("Error:", message.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 400));
    process.exitCode = 1;
  }
}
