// Chat with a model on AITOLL in the terminal; Ctrl-D ends it.
import { existsSync, realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSourceParserStream } from "eventsource-parser/stream";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const MAX_TURNS = 20; // earlier ones are no longer sent

export async function* stream(messages, log = () => {}) {
  const response = await post("/chat/completions", { model: MODEL, messages, stream: true });
  let finishReason;
  const decoded = response.body.pipeThrough(new TextDecoderStream());
  for await (const { data, event: type } of decoded.pipeThrough(new EventSourceParserStream())) {
    if (data.trim() === "[DONE]") {
      if (finishReason === "") finishReason = "stop"; // some models send none
      break;
    }
    const chunk = data.trim().startsWith("{") ? JSON.parse(data) : { message: data };
    const problem = chunk.errors ?? chunk.message ?? chunk.msg ?? chunk.detail ?? chunk.error_msg;
    if (chunk.error || (problem && !chunk.choices) || type === "error") throw new Error(errorMessage(chunk));
    const choice = chunk.choices?.[0];
    const content = choice?.delta?.content || choice?.delta?.refusal;
    const delta = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
    if (delta) yield delta;
    finishReason = choice?.finish_reason || finishReason || "";
  }
  if (!finishReason) throw new Error("the stream ended before the answer was complete");
  if (!["stop", "eos"].includes(finishReason)) log(`Warning: finish_reason is ${finishReason}`);
}

const UNREACHABLE = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]; // nothing was sent yet

async function post(path, body, retries = 2) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
  }).catch((error) => {
    if (retries === 0 || !UNREACHABLE.includes(error.cause?.code)) throw error;
  });
  if (response?.ok && (response.headers.get("content-type") ?? "event-stream").includes("event-stream")) return response;
  const seconds = Number(response?.headers.get("retry-after")) || 2;
  if (!response || (retries > 0 && seconds <= 60 && (response.status === 429 || response.status >= 500))) {
    await sleep(seconds * 1000);
    return post(path, body, retries - 1);
  }
  const reply = await response.clone().json().catch(() => response.text()); // a proxy's page
  throw new Error(`HTTP ${response.status}: ${errorMessage(reply)}`, { cause: response }); // for its status
}

// Return the server's words from the body of an error.
function errorMessage(body) {
  const error = [body?.error, body?.errors?.[0], body?.[0]?.error].find((one) => one?.message) ?? body;
  const text = error?.metadata?.raw || error?.message || error?.msg || error?.detail || error?.error || error;
  return typeof text === "string" ? text : JSON.stringify(text);
}

async function chat() {
  const messages = [];
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
    } catch (error) {
      messages.pop(); // the turn without an answer
      const reason = [error.message, error.cause?.code].join(" ").trim();
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
