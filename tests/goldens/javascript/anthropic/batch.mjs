// Ask AIReiter many prompts and write a line of JSON for each, in the order of the prompts.
import { appendFileSync, existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import pLimit from "p-limit";

const API_KEY = process.env.AIREITER_API_KEY;
const BASE_URL = process.env.AIREITER_BASE_URL || "https://aireiter.com/api";
const MODEL = "claude-sonnet-4-6"; // or "claude-sonnet-4-5-20250929"
const CONCURRENCY = 8; // requests at a time

export async function ask(prompt) {
  if (!API_KEY) throw new Error("AIREITER_API_KEY is not set: export AIREITER_API_KEY=...");
  const client = new Anthropic({
    apiKey: null,
    authToken: API_KEY,
    baseURL: BASE_URL,
    defaultHeaders: { "anthropic-version": "2023-06-01" },
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
  });
  const messages = [{ role: "user", content: prompt }];
  const message = await client.messages.create({
    model: MODEL,
    messages,
    max_tokens: 4096,
    stream: false,
  });
  const text = message?.content?.map((block) => (block.type === "text" ? block.text : "")).join("");
  if (!text) throw new Error(`no text: ${message?.stop_reason ?? JSON.stringify(message)}`);
  return { answer: text, stop_reason: message.stop_reason, usage: message.usage, task_id: message.task_id };
}

// Yield an answer or error for each prompt, in their order; at most CONCURRENCY are asked at once.
export async function* answerAll(prompts) {
  if (!API_KEY) throw new Error("AIREITER_API_KEY is not set: export AIREITER_API_KEY=...");
  const limit = pLimit(CONCURRENCY);
  const answer = (id, prompt) =>
    ask(prompt).then(
      (result) => ({ id, ...result }),
      (error) => ({ id, error: [error.message, error.cause?.cause?.code]
        .join(" ")
        .replaceAll(API_KEY || "\0", "***") }),
    );
  yield* [...prompts].map(([id, prompt]) => limit(answer, id, prompt));
}

// Lines of JSON with a prompt and an id, or of text, whose id is their number.
function readPrompts(text) {
  const prompts = new Map();
  for (const [index, line] of text.replace("\ufeff", "").split("\n").entries()) {
    try {
      const { id = index + 1, prompt } = line.startsWith("{") ? JSON.parse(line) : { prompt: line.trim() };
      if (prompt === undefined || prompts.has(id)) throw new Error(prompt ? `the id ${id} is there twice` : "no prompt");
      if (prompt) prompts.set(id, prompt);
    } catch (error) {
      throw new Error(`line ${index + 1} of the prompts: ${error.message}`);
    }
  }
  return prompts;
}

// Write the results in the order of the prompts; the old file stays until the new one is whole.
function writeResults(path, prompts, results) {
  const ids = [...new Set([...prompts.keys(), ...results.keys()])].filter((id) => results.has(id));
  writeFileSync(`${path}.new`, ids.map((id) => `${JSON.stringify(results.get(id))}\n`).join(""));
  renameSync(`${path}.new`, path);
}

// Answer the prompts that have no answer in the file of results yet.
async function answerFile(source, target) {
  if (!target) throw new Error("call it with prompts.txt results.jsonl, - for stdin or stdout");
  const prompts = readPrompts(readFileSync(source === "-" ? 0 : source, "utf8"));
  const lines = existsSync(target) ? readFileSync(target, "utf8").split("\n").slice(0, -1) : []; // the last may be cut
  const answered = lines.map((line) => JSON.parse(line)).filter((result) => !("error" in result));
  const results = new Map(answered.map((result) => [result.id, result]));
  const missing = new Map([...prompts].filter(([id]) => !results.has(id)));
  if (target !== "-") writeResults(target, prompts, results);
  let done = 0;
  for await (const result of answerAll(missing)) {
    results.set(result.id, result);
    appendFileSync(target === "-" ? 1 : target, `${JSON.stringify(result)}\n`);
    if (process.stderr.isTTY) process.stderr.write(`\r${++done} of ${missing.size}`);
  }
  if (target !== "-") writeResults(target, prompts, results);
  const failed = [...results.values()].filter((result) => "error" in result).length;
  if (failed) throw new Error(`${failed} prompts failed; the next run asks them again`);
}

if (realpathSync(process.argv[1] ?? ".") === import.meta.filename) { // run, not imported
  const [source, target] = process.argv.slice(2);
  answerFile(source, target).catch((error) => {
    console.error("Error:", error.message);
    process.exitCode = 1;
  });
}
