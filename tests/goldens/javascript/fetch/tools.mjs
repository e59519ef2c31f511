// Let a model of AITOLL call functions until it can answer.
import { existsSync, realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

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

export async function ask(prompt, log = () => {}) {
  const messages = [{ role: "user", content: prompt }];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const completion = await post("/chat/completions", { model: MODEL, messages, tools: TOOLS, stream: false });
    const { message, finish_reason: finishReason } = completion?.choices?.[0] ?? {};
    if (!message) throw new Error(`no answer: ${JSON.stringify(completion)}`);
    if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
    if (finishReason && !["stop", "eos", "tool_calls"].includes(finishReason))
      log(`Warning: finish_reason is ${finishReason}`);
    if (!message.tool_calls?.length) {
      const content = message.content || message.refusal || "";
      return Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
    }
    messages.push(message);
    for (const call of message.tool_calls) {
      call.id ||= crypto.randomUUID(); // some servers give none, all want one back
      const { name, arguments: json } = call.function;
      call.function.arguments = typeof json === "string" ? json : JSON.stringify(json ?? {});
      const content = await callTool(name, call.function.arguments, log);
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
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
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !UNREACHABLE.includes(error.cause?.code)) throw error;
  });
  const reply = await response?.clone().json().catch(() => response.text()); // a proxy's page
  if (response?.ok && typeof reply === "object") return reply;
  const seconds = Number(response?.headers.get("retry-after")) || 2;
  if (!response || (retries > 0 && seconds <= 60 && (response.status === 429 || response.status >= 500))) {
    await sleep(seconds * 1000);
    return post(path, body, retries - 1);
  }
  const error = [reply?.error, reply?.errors?.[0], reply?.[0]?.error].find((one) => one?.message) ?? reply;
  const text = error?.metadata?.raw || error?.message || error?.msg || error?.detail || error?.error || error;
  const message = typeof text === "string" ? text : JSON.stringify(text);
  throw new Error(`HTTP ${response.status}: ${message}`, { cause: response }); // for its status
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const reason = [error.message, error.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
