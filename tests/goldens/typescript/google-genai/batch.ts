// Ask AIClient-2-API many prompts and write a line of JSON for each, in the order of the prompts.
import { appendFileSync, existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { GoogleGenAI, type Candidate, type Content } from "@google/genai";
import pLimit from "p-limit";

const API_KEY = process.env.AICLIENT2API_API_KEY;
const BASE_URL = process.env.AICLIENT2API_BASE_URL || "http://localhost:3000";
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const CONCURRENCY = 8; // requests at a time

type Result = Record<string, any>;

export async function ask(prompt: string): Promise<object> {
  if (!API_KEY) throw new Error("AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false, // whatever GOOGLE_GENAI_USE_VERTEXAI says
    httpOptions: {
      baseUrl: BASE_URL,
      timeout: 120_000,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const contents: Content[] = [{ role: "user", parts: [{ text: prompt }] }];
  const response = await ai.models.generateContent({ model: MODEL, contents });
  const { content, finishReason }: Candidate = response.candidates?.[0] ?? {};
  const parts = content?.parts?.filter((part) => !part.thought) ?? [];
  const text = parts.map((part) => part.text ?? "").join("");
  if (!text) throw new Error(`no text: ${finishReason ?? JSON.stringify(response)}`);
  return { answer: text, finish_reason: finishReason, usage: response.usageMetadata };
}

// Yield an answer or error for each prompt, in their order; at most CONCURRENCY are asked at once.
export async function* answerAll(prompts: Map<unknown, string>): AsyncGenerator<Result> {
  if (!API_KEY) throw new Error("AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
  const limit = pLimit(CONCURRENCY);
  const answer = (id: unknown, prompt: string) =>
    ask(prompt).then(
      (result) => ({ id, ...result }),
      (error) => ({ id, error: [error.status, error.message, error.cause?.code]
        .join(" ")
        .replaceAll(API_KEY || "\0", "***") }),
    );
  yield* [...prompts].map(([id, prompt]) => limit(answer, id, prompt));
}

// Lines of JSON with a prompt and an id, or of text, whose id is their number.
function readPrompts(text: string) {
  const prompts = new Map<unknown, string>();
  for (const [index, line] of text.replace("\ufeff", "").split("\n").entries()) {
    try {
      const { id = index + 1, prompt } = line.startsWith("{") ? JSON.parse(line) : { prompt: line.trim() };
      if (prompt === undefined || prompts.has(id)) throw new Error(prompt ? `the id ${id} is there twice` : "no prompt");
      if (prompt) prompts.set(id, prompt);
    } catch (error: any) {
      throw new Error(`line ${index + 1} of the prompts: ${error.message}`);
    }
  }
  return prompts;
}

// Write the results in the order of the prompts; the old file stays until the new one is whole.
function writeResults(path: string, prompts: Map<unknown, string>, results: Map<unknown, Result>) {
  const ids = [...new Set([...prompts.keys(), ...results.keys()])].filter((id) => results.has(id));
  writeFileSync(`${path}.new`, ids.map((id) => `${JSON.stringify(results.get(id))}\n`).join(""));
  renameSync(`${path}.new`, path);
}

// Answer the prompts that have no answer in the file of results yet.
async function answerFile(source: string, target: string) {
  if (!target) throw new Error("call it with prompts.txt results.jsonl, - for stdin or stdout");
  const prompts = readPrompts(readFileSync(source === "-" ? 0 : source, "utf8"));
  const lines = existsSync(target) ? readFileSync(target, "utf8").split("\n").slice(0, -1) : []; // the last may be cut
  const answered = lines.map((line) => JSON.parse(line)).filter((result) => !("error" in result));
  const results = new Map<unknown, Result>(answered.map((result) => [result.id, result]));
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
