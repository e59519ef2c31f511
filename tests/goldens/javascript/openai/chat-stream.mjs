// Ask AITOLL a question and print the answer as it comes.
import { realpathSync } from "node:fs";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const client = new OpenAI({
    apiKey: API_KEY,
    baseURL: BASE_URL,
    organization: null, // not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    project: null,
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
    logLevel: "off",
  });
  const messages = [{ role: "user", content: prompt }];
  const chunks = await client.chat.completions.create({ model: MODEL, messages, stream: true });
  let finishReason, usage;
  for await (const chunk of chunks) {
    const choice = chunk.choices?.[0];
    const text = choice?.delta?.content || choice?.delta?.refusal;
    if (typeof text === "string") yield text;
    finishReason = choice?.finish_reason || finishReason;
    usage = chunk.usage ?? usage;
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
  if (usage) log(`Usage: ${JSON.stringify(usage)}`);
}

// The status and the server's own message.
function errorText({ status, error: body, message = "", cause }) {
  const error = body?.error ?? body?.[0]?.error ?? body ?? message.replace(/^\d{3} /, "");
  const text = error.metadata?.raw ?? error.message ?? error.msg ?? error.detail ?? error;
  const line = typeof text === "string" ? text : JSON.stringify(text);
  return status ? `HTTP ${status}: ${line}` : `${line} ${cause?.cause?.code ?? ""}`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  process.stdout.on("error", () => process.exit(1)); // a closed pipe, as in `| head`
  const log = (line) => console.error(`\n${line}`);
  try {
    for await (const text of stream(PROMPT, log)) process.stdout.write(text);
    console.log();
  } catch (error) {
    const text = errorText(error).replaceAll(API_KEY || "\0", "***");
    console.error("\nError:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
