// Let a model of AITOLL call functions, and print its answer as it comes.
import { existsSync, realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSourceParserStream } from "eventsource-parser/stream";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "What is the weather in Oslo, and what time is it there?";
const TOOLS = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "The current weather in a city.",
      parameters: {
        type: "object",
        properties: {
          city: { type: "string", description: "A city, such as Oslo" },
          unit: { type: "string", enum: ["celsius", "fahrenheit"] },
        },
        required: ["city"],
      },
    },
  },
  {
    type: "function",
    function: {
      name: "get_time",
      description: "The current local time in a city.",
      parameters: {
        type: "object",
        properties: { city: { type: "string", description: "A city, such as Oslo" } },
        required: ["city"],
      },
    },
  },
];
const MAX_ROUNDS = 8;

// Your own code goes here: what a function returns is sent to the model.
const FUNCTIONS = {
  get_weather: ({ city, unit }) => ({ temperature: 4, unit: "celsius", sky: "cloudy" }),
  get_time: ({ city }) => ({ time: "14:05" }),
};

export async function* stream(prompt, log = () => {}) {
  const messages = [{ role: "user", content: prompt }];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const response = await post("/chat/completions", { model: MODEL, messages, tools: TOOLS, stream: true });
    const message = { role: "assistant", content: "" };
    let finishReason, usage;
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
      const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
      if (text) yield text;
      addDelta(message, choice?.delta ?? {});
      finishReason = choice?.finish_reason || finishReason || "";
      usage = chunk.usage ?? usage;
    }
    if (!finishReason) throw new Error("the stream ended before the answer was complete");
    if (usage) log(`Usage: ${JSON.stringify(usage)}`);
    if (!["stop", "eos", "tool_calls"].includes(finishReason)) log(`Warning: finish_reason is ${finishReason}`);
    if (!message.tool_calls?.length) return;
    if (message.content) yield "\n";
    messages.push(message);
    for (const call of message.tool_calls) {
      call.id ||= crypto.randomUUID(); // some servers give none, all want one back
      const { name, arguments: json } = call.function;
      call.function.arguments = typeof json === "string" ? json : JSON.stringify(json ?? {});
      delete call.index;
      const content = await callTool(name, call.function.arguments, log);
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
}

const WHOLE_FIELDS = ["id", "type", "role", "name", "format"]; // other texts come in pieces

// Add a streamed delta to the message, with the fields that only the server knows.
function addDelta(message, delta) {
  for (const [key, value] of Object.entries(delta)) {
    if (value === null || value === "") continue;
    if (Array.isArray(value)) {
      message[key] ||= [];
      for (const piece of value) addDelta(findItem(message[key], piece), piece);
    } else if (typeof value === "object") {
      message[key] = addDelta(message[key] || {}, value);
    } else if (typeof value === "string" && !WHOLE_FIELDS.includes(key)) {
      message[key] = (message[key] ?? "") + value;
    } else {
      message[key] = value;
    }
  }
  return message;
}

// Return the item of a piece, by its index or id; a piece without both belongs to the last one.
function findItem(items, { index, id, type, function: call }) {
  let item = items.at(-1);
  if (typeof index === "number") item = items.filter((item) => item.index === index).at(-1);
  else if (id) item = items.find((item) => item.id === id);
  const isNew = call?.name && item?.function?.name && (!id || id !== (item.id ?? id)); // calls may share an index
  const isOther = type && item?.type && type !== item.type; // a thought, then a text
  if (!item || isNew || isOther) items.push((item = {}));
  return item;
}

// Return what the model gets for a call: the result of the function, or the error.
async function callTool(name, json, log) {
  try {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no tool ${name}`);
    const result = await FUNCTIONS[name](JSON.parse(json || "{}"));
    return JSON.stringify(result ?? null);
  } catch (error) {
    log(`Warning: the tool ${name} failed: ${error.message}`);
    return JSON.stringify({ error: error.message });
  }
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

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const reason = [error.message, error.cause?.code].join(" ").trim();
    console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
