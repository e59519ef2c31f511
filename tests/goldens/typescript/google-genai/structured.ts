// Get an answer of AIClient-2-API as JSON that follows a schema.
import { existsSync, realpathSync } from "node:fs";
import { GoogleGenAI, type Content } from "@google/genai";
import { Ajv } from "ajv";

const API_KEY = process.env.AICLIENT2API_API_KEY?.trim();
const BASE_URL = (process.env.AICLIENT2API_BASE_URL || "http://localhost:3000").replace(/\/+$/, "");
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
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

export async function ask(prompt: string, log: Log = () => {}): Promise<Answer> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false, // whatever GOOGLE_GENAI_USE_VERTEXAI says
    httpOptions: {
      baseUrl: BASE_URL,
      timeout: 120_000,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const instructions =
    "Answer with JSON only, no Markdown and no explanation. " +
    `It must follow this JSON Schema: ${JSON.stringify(SCHEMA)}`;
  const contents: Content[] = [{ role: "user", parts: [{ text: prompt }] }];
  const response = await ai.models.generateContent({
    model: MODEL,
    contents,
    config: {
      responseMimeType: "application/json",
      responseJsonSchema: SCHEMA,
      systemInstruction: { parts: [{ text: instructions }] },
    },
  });
  const { text } = response;
  const finishReason = response.candidates?.[0]?.finishReason;
  if (!text) throw new Error(`no text: ${JSON.stringify(response.promptFeedback ?? response.candidates)}`);
  if (finishReason && finishReason !== "STOP") log(`Warning: finishReason is ${finishReason}`);
  const answer = parseAnswer(text);
  if (response.usageMetadata) log(`Usage: ${JSON.stringify(response.usageMetadata)}`);
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
    const json = /\{(?:.*"raw"|.*?"message"):("(?:\\.|[^"\\])+").*\}/s; // holds the server's words
    const message = error.message.replace(json, (_: string, words: string) => JSON.parse(words));
    const reason = [error.status, message, error.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
