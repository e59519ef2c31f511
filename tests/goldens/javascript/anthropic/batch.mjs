// Ask AIReiter many prompts and write a line of JSON for each, in the order of the prompts.
import { appendFileSync, existsSync, readFileSync, realpathSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import pLimit from "p-limit";

const API_KEY = process.env.AIREITER_API_KEY?.trim();
const BASE_URL = (process.env.AIREITER_BASE_URL || "https://aireiter.com/api").replace(/\/+$/, "");
const MODEL = "claude-sonnet-4-6"; // or "claude-sonnet-4-5-20250929"
const CONCURRENCY = 8; // requests at a time

const client = new Anthropic({
  apiKey: null,
  authToken: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "X-Api-Key": null, "anthropic-version": "2023-06-01" },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
});

export async function ask(prompt) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const messages = [{ role: "user", content: prompt }];
  const message = await client.messages.create({ model: MODEL, messages, max_tokens: 4096, stream: false });
  const text = message?.content?.map((block) => (block.type === "text" ? block.text : "")).join("");
  if (!text) throw new Error(`no text (stop_reason ${message?.stop_reason}): ${JSON.stringify(message)}`);
  const { usage, task_id } = message;
  return { answer: text, stop_reason: message.stop_reason, usage, task_id };
}

const limit = pLimit(CONCURRENCY);

async function answer(id, prompt) {
  try {
    return { id, prompt, ...(await ask(prompt)) };
  } catch (error) {
    const { metadata, message = error.message } = error.error?.error ?? error.error ?? {}; // the server's words
    const reason = [error.status, metadata?.raw ?? message, error.cause?.cause?.code].join(" ").trim();
    return { id, prompt, error: reason.replaceAll(API_KEY || "\0", "***") };
  }
}

// Lines of JSON with a prompt and an id, or of text, whose id is their number.
function readPrompts(text) {
  const prompts = new Map();
  for (const [index, line] of text.split("\n").entries()) {
    try {
      const { id = index + 1, prompt } = line.startsWith("{") ? JSON.parse(line) : { prompt: line.trim() };
      if (prompt === undefined || prompts.has(id)) throw new Error(prompt ? `id ${id} is there twice` : "no prompt");
      if (prompt) prompts.set(id, prompt);
    } catch (error) {
      throw new Error(`line ${index + 1} of the prompts: ${error.message}`);
    }
  }
  return prompts;
}

// Answer the prompts that have no answer in the file of results yet.
async function answerFile(source, target) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  if (!target) throw new Error("call it with prompts.txt results.jsonl, - for stdin or stdout");
  const prompts = readPrompts(new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(source === "-" ? 0 : source)));
  const text = target !== "-" && existsSync(target) ? readFileSync(target, "utf8") : "";
  const before = text.slice(0, text.lastIndexOf("\n") + 1); // the last line may be that of a run that was killed
  const lines = before.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const tail = text.slice(before.length, before.length + 6);
  if (!lines.every((line) => "id" in line && ("answer" in line || "error" in line)) || !'{"id":'.startsWith(tail))
    throw new Error(`${target} holds no results of a batch`);
  const results = new Map(lines.filter((result) => !("error" in result)).map((result) => [result.id, result]));
  if (target !== "-") appendFileSync(target, ""); // fails before the first request
  if (before !== text) truncateSync(target, Buffer.byteLength(before));
  const missing = [...prompts].filter(([id, prompt]) => results.get(id)?.prompt !== prompt);
  let done = 0;
  const write = (result) => {
    results.set(result.id, result);
    appendFileSync(target === "-" ? 1 : target, `${JSON.stringify(result)}\n`);
    if (process.stderr.isTTY) process.stderr.write(`\r${++done} of ${missing.length}`);
  };
  const answers = missing.map(([id, prompt]) => limit(answer, id, prompt));
  if (target === "-") {
    for await (const result of answers) write(result);
  } else { // as they come, so that none is lost; at the end in the order of the prompts
    await Promise.all(answers.map((result) => result.then(write)));
    const ordered = [...new Map([...prompts, ...results]).values()];
    writeFileSync(`${target}.new`, ordered.map((result) => `${JSON.stringify(result)}\n`).join(""));
    renameSync(`${target}.new`, target);
  }
  const failed = [...results.values()].filter((result) => "error" in result).length;
  if (failed) throw new Error(`${failed} prompts failed; the next run asks them again`);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const [source, target] = process.argv.slice(2);
  answerFile(source, target).catch((error) => {
    console.error("Error:", error.message);
    process.exitCode = 1;
    limit.clearQueue(); // and ask no more
  });
}
