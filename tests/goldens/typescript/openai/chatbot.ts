// Chat with a model on AITOLL in the terminal; Ctrl-D ends it.
import { existsSync, realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const MAX_TURNS = 20; // earlier ones are no longer sent

type Log = (line: string) => void;
type Message = OpenAI.ChatCompletionMessageParam;

const client = new OpenAI({
  apiKey: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "OpenAI-Organization": null, "OpenAI-Project": null },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
  logLevel: "off", // errors are thrown, not logged
});

export async function* stream(messages: Message[], log: Log = () => {}): AsyncGenerator<string> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const chunks = await client.chat.completions.create({ model: MODEL, messages, stream: true });
  let finishReason: string | undefined;
  for await (const chunk of chunks) {
    const choice = chunk?.choices?.[0];
    const content = choice?.delta?.content || choice?.delta?.refusal;
    const delta = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
    if (delta) yield delta;
    finishReason = choice?.finish_reason || finishReason;
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (!["stop", "eos"].includes(finishReason)) log(`Warning: finish_reason is ${finishReason}`);
}

async function chat() {
  const messages: Message[] = [];
  process.stderr.write("> ");
  for await (const content of createInterface({ input: process.stdin })) {
    if (!content.trim()) continue;
    messages.push({ role: "user", content });
    try {
      let answer = "";
      for await (const text of stream(messages.slice(-2 * MAX_TURNS - 1), (line) => console.error(`\n${line}`))) {
        process.stdout.write(text);
        answer += text;
      }
      if (!answer) throw new Error("the answer is empty");
      messages.push({ role: "assistant", content: answer });
      if (messages.length === 2 * MAX_TURNS) console.error(`\nOnly the last ${MAX_TURNS} turns are sent.`);
    } catch (error: any) {
      messages.pop(); // the turn without an answer
      const reason = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ").trim();
      console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    }
    console.log();
    process.stderr.write("> ");
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  if (API_KEY) chat();
  else console.error("Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  process.exitCode = API_KEY ? 0 : 1;
}
