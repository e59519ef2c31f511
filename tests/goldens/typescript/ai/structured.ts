// Get an answer of AITOLL as JSON that follows a schema.
import { existsSync, realpathSync } from "node:fs";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { extractJsonMiddleware, generateText, jsonSchema, Output, wrapLanguageModel, type JSONSchema7 } from "ai";
import { Ajv } from "ajv";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Rate this review: great sound, weak battery.";
const SCHEMA: JSONSchema7 = {
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
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const instructions =
    "Answer with JSON only, no Markdown and no explanation. " +
    `It must follow this JSON Schema: ${JSON.stringify(SCHEMA)}`;
  const gateway = createOpenAICompatible({
    name: "AITOLL",
    baseURL: BASE_URL,
    apiKey: API_KEY,
    supportsStructuredOutputs: true,
    transformRequestBody: (body) => ({ ...body, stream: false }),
    fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
  });
  const ajv = new Ajv({ strict: false, logger: false });
  const schema = jsonSchema<Answer>(SCHEMA, {
    validate: (value) =>
      ajv.validate<Answer>(SCHEMA, value)
        ? { success: true, value }
        : { success: false, error: new Error(ajv.errorsText()) },
  });
  const output = Output.object({ schema, name: "review" });
  const model = wrapLanguageModel({
    model: gateway(MODEL),
    middleware: [
      extractJsonMiddleware({
        transform: (answer) => {
          const text = answer.replace(/^.*<\/think(ing)?>|^\s*<think(ing)?>.*/is, "");
          return text.match(/```\w*\n(.*?)\n\s*```/s)?.[1] ?? text.match(/[{[].*[}\]]/s)?.[0] ?? text;
        },
      }),
    ],
  });
  const result = await generateText({ model, instructions, prompt, output, timeout: 120_000 });
  if (!["stop", "eos", "", undefined].includes(result.rawFinishReason)) log(`Warning: ended with ${result.rawFinishReason}`);
  if (result.usage.raw) log(`Usage: ${JSON.stringify(result.usage.raw)}`);
  return result.output;
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = ask(PROMPT, console.error);
  answer.then((value) => console.log(JSON.stringify(value, null, 2))).catch((error) => {
    const { statusCode, data, responseBody, message } = error.lastError ?? error;
    const reply = data && responseBody && JSON.parse(responseBody).error;
    const reason = [statusCode, reply?.metadata?.raw ?? reply?.message ?? (responseBody || message)].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
