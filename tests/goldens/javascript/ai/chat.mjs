// Ask AITOLL a question and print the answer.
import { existsSync, realpathSync } from "node:fs";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

export async function ask(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const gateway = createOpenAICompatible({
    name: "AITOLL",
    baseURL: BASE_URL,
    apiKey: API_KEY,
    transformRequestBody: (body) => ({ ...body, stream: false }),
    fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
  });
  const result = await generateText({ model: gateway(MODEL), prompt, timeout: 120_000 });
  if (!result.text) throw new Error(`no text: ${result.rawFinishReason}`);
  if (!["stop", "eos", "", undefined].includes(result.rawFinishReason)) log(`Warning: ended with ${result.rawFinishReason}`);
  if (result.usage.raw) log(`Usage: ${JSON.stringify(result.usage.raw)}`);
  return result.text;
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const { statusCode, data, responseBody, message } = error.lastError ?? error;
    const reply = data && responseBody && JSON.parse(responseBody).error;
    const reason = [statusCode, reply?.metadata?.raw ?? reply?.message ?? (responseBody || message)].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
