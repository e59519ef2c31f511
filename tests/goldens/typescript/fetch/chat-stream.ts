// Ask AITOLL a question and print the answer as it comes.
import { realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSourceParserStream } from "eventsource-parser/stream";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "Say hello in one short sentence.";

type Log = (line: string) => void;
type Choice = { delta?: { content?: string; refusal?: string }; finish_reason?: string };
type Chunk = { choices?: Choice[]; usage?: object; error?: any };

export async function* stream(prompt: string, log: Log = () => {}): AsyncGenerator<string> {
  const messages = [{ role: "user", content: prompt }];
  const response = await post("/chat/completions", { model: MODEL, messages, stream: true });
  const decoded = response.body!.pipeThrough(new TextDecoderStream());
  let finishReason: string | undefined;
  let usage: object | undefined;
  for await (const { data } of decoded.pipeThrough(new EventSourceParserStream())) {
    if (data === "[DONE]") {
      finishReason ||= "stop";
      break;
    }
    const chunk: Chunk = JSON.parse(data);
    if (chunk.error) throw new Error(chunk.error.message ?? JSON.stringify(chunk.error));
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

async function post(path: string, body: object, retries = 2): Promise<Response> {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
  }).catch((error) => { // ECONNREFUSED and the like are tried again
    if (retries === 0 || !/^E|CONNECT/.test(error.cause?.code)) throw error;
  });
  if (response?.ok && response.headers.get("content-type")?.includes("event-stream")) return response;
  const after = response?.headers.get("retry-after") ?? "2"; // seconds or a date
  const seconds = Number(after) || (Date.parse(after) - Date.now()) / 1000 || 2;
  const isBusy = !response || response.status === 429 || response.status >= 500;
  if (!response || (isBusy && retries > 0 && seconds <= 60)) {
    await sleep(seconds * 1000);
    return post(path, body, retries - 1);
  }
  const reply: any = await response.clone().json().catch(() => response.text()); // a proxy's page
  const error = reply?.error ?? reply?.[0]?.error ?? reply;
  const text = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  const message = typeof text === "string" ? text : JSON.stringify(text);
  throw new Error(`HTTP ${response.status}: ${message}`, { cause: response }); // for its status
}

if (realpathSync(process.argv[1] ?? ".") === import.meta.filename) { // run, not imported
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const text = [error.message, error.cause?.code].join(" ").replaceAll(API_KEY || "\0", "***");
    console.error("\nError:", text.replace(/\p{Cc}+/gu, " ").trim().slice(0, 300));
    process.exitCode = 1;
  });
}
