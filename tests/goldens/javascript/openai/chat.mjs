// Ask AITOLL a question and print the answer.
import { realpathSync } from "node:fs";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

export async function ask(prompt, log = () => {}) {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const client = new OpenAI({
    apiKey: API_KEY,
    baseURL: BASE_URL,
    organization: null, // not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    project: null,
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
  });
  const messages = [{ role: "user", content: prompt }];
  const completion = await client.chat.completions.create({
    model: MODEL,
    messages,
    stream: false,
  });
  const { message, finish_reason: finishReason } = completion?.choices?.[0] ?? {};
  const text = message?.content || message?.refusal;
  if (!text) throw new Error(`no text: ${finishReason ?? errorText({ error: completion })}`);
  if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
  return text;
}

// The status and the server's own message.
function errorText({ status, error: body, message = "", cause }) {
  const error = body?.error ?? body?.[0]?.error ?? body ?? message.replace(/^\d{3} /, "");
  const text = error.metadata?.raw ?? error.message ?? error.msg ?? error.detail ?? error;
  const line = typeof text === "string" ? text : JSON.stringify(text);
  return status ? `HTTP ${status}: ${line}` : `${line} ${cause?.cause?.code ?? ""}`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    console.log(await ask(PROMPT, console.error));
  } catch (error) {
    const text = errorText(error).replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
