// Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program.
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSourceParserStream } from "eventsource-parser/stream";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const MAX_TURNS = 20; // earlier ones are no longer sent

type Log = (line: string) => void;
type Choice = { delta?: { content?: string; refusal?: string }; finish_reason?: string };
type Chunk = { choices?: Choice[]; usage?: object; error?: any };

export async function* stream(messages: object[], log: Log = () => {}, signal?: AbortSignal): AsyncGenerator<string> {
  const response = await post("/chat/completions", {
    model: MODEL,
    messages,
    stream: true,
  }, signal);
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

async function post(path: string, body: object, signal?: AbortSignal, retries = 2): Promise<Response> {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
    signal,
  }).catch((error) => { // ECONNREFUSED and the like are tried again
    if (retries === 0 || !/^E|CONNECT/.test(error.cause?.code)) throw error;
  });
  if (response?.ok && response.headers.get("content-type")?.includes("event-stream")) return response;
  const after = response?.headers.get("retry-after") ?? "2"; // seconds or a date
  const seconds = Number(after) || (Date.parse(after) - Date.now()) / 1000 || 2;
  const isBusy = !response || response.status === 429 || response.status >= 500;
  if (!response || (isBusy && retries > 0 && seconds <= 60)) {
    await sleep(seconds * 1000);
    return post(path, body, signal, retries - 1);
  }
  const reply: any = await response.clone().json().catch(() => response.text()); // a proxy's page
  const error = reply?.error ?? reply?.[0]?.error ?? reply;
  const text = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  const message = typeof text === "string" ? text : JSON.stringify(text);
  throw new Error(`HTTP ${response.status}: ${message}`, { cause: response }); // for its status
}

async function chat() {
  const lines = createInterface({ input: process.stdin });
  const showPrompt = () => process.stdin.isTTY && process.stdout.write("> ");
  const log = (line: string) => line.startsWith("Warning") && console.error(`\n${line}`);
  const history: object[] = [];
  let controller: AbortController | undefined;
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
    } catch (error: any) {
      history.pop(); // the turn without an answer
      const text = [error.message, error.cause?.code].join(" ").replaceAll(API_KEY || "\0", "***");
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
