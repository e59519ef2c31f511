// Ask AITOLL many prompts and write a line of JSON for each, in the order of the prompts.
import { realpathSync } from "node:fs";
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const CONCURRENCY = 8; // requests at a time

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
  const choice = completion?.choices?.[0];
  const text = choice?.message?.content || choice?.message?.refusal;
  if (!text) throw new Error(`no text: ${choice?.finish_reason ?? JSON.stringify(completion)}`);
  if (choice.finish_reason !== "stop") log(`Warning: finish_reason is ${choice.finish_reason}`);
  if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
  return text;
}

// Yield an answer or error for each prompt, in their order; at most CONCURRENCY are asked at once.
export async function* answerAll(prompts) {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const answer = async (id, prompt, notes = []) =>
    ask(prompt, (line) => notes.push(line)).then(
      (answer) => ({ id, answer, notes }),
      (error) => ({ id, error: [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ").replaceAll(API_KEY || "\0", "***") }),
    );
  const queue = [];
  const results = [...prompts].map(
    ([id, prompt]) => new Promise((resolve) => queue.push(async () => resolve(await answer(id, prompt)))),
  );
  const work = async () => {
    while (queue.length) await queue.shift()();
  };
  for (let count = 0; count < CONCURRENCY; count++) work();
  yield* results;
}

// Lines of JSON with a prompt and an id, or of text, whose id is their number.
function readPrompts(text) {
  const prompts = new Map();
  for (const [index, line] of text.replace("\ufeff", "").split("\n").entries()) {
    try {
      const isJson = line.startsWith("{");
      const { id = index + 1, prompt } = isJson ? JSON.parse(line) : { prompt: line.trim() };
      if (prompt === undefined) throw new Error("there is no prompt");
      if (prompts.has(id)) throw new Error(`the id ${id} is there twice`);
      if (prompt) prompts.set(id, prompt);
    } catch (error) {
      throw new Error(`line ${index + 1} of the prompts: ${error.message}`);
    }
  }
  return prompts;
}

// The answers of an earlier run, without what was cut off when it was stopped.
function readResults(path) {
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  const results = lines.map((line) => JSON.parse(line)).filter((result) => !("error" in result));
  return new Map(results.map((result) => [result.id, result]));
}

// Write a file anew; the old one stays until the new one is whole.
function writeResults(path, results) {
  const lines = [...results.values()].map((result) => `${JSON.stringify(result)}\n`);
  writeFileSync(`${path}.new`, lines.join(""));
  renameSync(`${path}.new`, path);
}

// Answer the prompts that have no answer yet.
async function answerFile(source, target) {
  const prompts = readPrompts(source === "-" ? await text(process.stdin) : readFileSync(source, "utf8"));
  const results = readResults(target);
  const missing = new Map([...prompts].filter(([id]) => !results.has(id)));
  let done = 0;
  if (target !== "-") writeResults(target, results);
  for await (const result of answerAll(missing)) {
    results.set(result.id, result);
    const line = `${JSON.stringify(result)}\n`;
    if (target === "-") process.stdout.write(line);
    else appendFileSync(target, line);
    if (process.stderr.isTTY) process.stderr.write(`\r${++done} of ${missing.size}`);
  }
  const ordered = new Map([...[...prompts.keys()].map((id) => [id, results.get(id)]), ...results]);
  if (target !== "-") writeResults(target, ordered);
  const failed = [...results.values()].filter((result) => "error" in result).length;
  if (failed) throw new Error(`${failed} prompts failed; the next run asks them again`);
}

if (realpathSync(process.argv[1] ?? ".") === import.meta.filename) { // run, not imported
  try {
    const [source, target] = process.argv.slice(2);
    if (!target) throw new Error("call it with prompts.txt results.jsonl, - for stdin or stdout");
    await answerFile(source, target);
  } catch (error) {
    const reason = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ");
    const text = reason.replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/\p{Cc}+/gu, " ").trim().slice(0, 300));
    process.exitCode = 1;
  }
}
