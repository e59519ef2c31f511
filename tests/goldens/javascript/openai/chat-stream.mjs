// Ask AITOLL a question and print the answer as it comes.
import { existsSync, realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

const client = new OpenAI({
  apiKey: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "OpenAI-Organization": null, "OpenAI-Project": null },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
  logLevel: "off", // errors are thrown, not logged
});

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const messages = [{ role: "user", content: prompt }];
  const chunks = await client.chat.completions.create({ model: MODEL, messages, stream: true });
  let finishReason, usage;
  for await (const chunk of chunks) {
    const choice = chunk?.choices?.[0];
    const content = choice?.delta?.content || choice?.delta?.refusal;
    const delta = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
    if (delta) yield delta;
    finishReason = choice?.finish_reason || finishReason;
    usage = chunk.usage ?? usage;
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (!["stop", "eos"].includes(finishReason)) log(`Warning: finish_reason is ${finishReason}`);
  if (usage) log(`Usage: ${JSON.stringify(usage)}`);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const reason = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ").trim();
    console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
