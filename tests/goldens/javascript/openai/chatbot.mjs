// Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program.
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const MAX_TURNS = 20; // earlier ones are no longer sent

export async function* stream(messages, log = () => {}, signal) {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const client = new OpenAI({
    apiKey: API_KEY,
    baseURL: BASE_URL,
    organization: null, // not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    project: null,
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
    logLevel: "off", // errors are thrown, not logged
  });
  const chunks = await client.chat.completions.create({
    model: MODEL,
    messages,
    stream: true,
  }, { signal });
  let finishReason, usage;
  for await (const chunk of chunks) {
    const choice = chunk.choices?.[0];
    const delta = choice?.delta?.content || choice?.delta?.refusal;
    if (typeof delta === "string") yield delta;
    finishReason = choice?.finish_reason || finishReason;
    usage = chunk.usage ?? usage;
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
  if (usage) log(`Usage: ${JSON.stringify(usage)}`);
}

async function chat() {
  const lines = createInterface({ input: process.stdin });
  const showPrompt = () => process.stdin.isTTY && process.stdout.write("> ");
  const log = (line) => line.startsWith("Warning") && console.error(`\n${line}`);
  const history = [];
  let controller;
  process.on("SIGINT", () => (controller ? controller.abort() : lines.close())); // Ctrl-C
  showPrompt();
  for await (const content of lines) {
    controller = new AbortController();
    history.push({ role: "user", content });
    let answer = "";
    try {
      for await (const text of stream(history.slice(-2 * MAX_TURNS - 1), log, controller.signal)) {
        process.stdout.write(text);
        answer += text;
      }
      history.push({ role: "assistant", content: answer });
      if (history.length === 2 * MAX_TURNS) console.error(`\n(From now on only the last ${MAX_TURNS} turns are sent.)`);
    } catch (error) {
      history.pop(); // the turn without an answer
      const text = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code]
        .join(" ")
        .replaceAll(API_KEY || "\0", "***");
      const message = `\nError: ${text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300)}`;
      console.error(controller.signal.aborted ? " (stopped)" : message);
    }
    controller = undefined;
    console.log();
    showPrompt();
  }
  console.log();
}

if (realpathSync(process.argv[1] ?? ".") === import.meta.filename) { // run, not imported
  if (API_KEY) chat();
  else {
    console.error("Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
    process.exitCode = 1;
  }
}
