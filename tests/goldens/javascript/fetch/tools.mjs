// Let a model of AITOLL call functions until it can answer.
import { realpathSync } from "node:fs";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
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

// Put your own code here: the model is told what a function returns.
const FUNCTIONS = {
  get_weather: ({ city, unit }) => ({ temperature: 4, unit: "celsius", sky: "cloudy" }),
  get_time: ({ city }) => ({ time: "14:05" }),
};

export async function ask(prompt, log = () => {}) {
  const messages = [{ role: "user", content: prompt }];
  const usage = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const body = await post("/chat/completions", {
      model: MODEL,
      messages,
      tools: TOOLS,
      stream: false,
    });
    const { message, finish_reason: finishReason } = body?.choices?.[0] ?? {};
    if (!message) throw new Error(`no answer: ${errorText(body)}`);
    if (body.usage) usage[round] = body.usage;
    if (!message.tool_calls?.length) {
      if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
      if (usage.length) log(`Usage: ${JSON.stringify(usage)}`);
      return message.content || message.refusal || "";
    }
    messages.push(message);
    for (const { id, function: called } of message.tool_calls) {
      if (typeof called.arguments === "object") called.arguments = JSON.stringify(called.arguments);
      const content = await callTool(called.name, called.arguments);
      messages.push({ role: "tool", tool_call_id: id, content });
    }
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
}

// Run the function that the model calls; the model is told what goes wrong.
async function callTool(name, input) {
  try {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no tool ${name}`);
    const result = await FUNCTIONS[name](JSON.parse(input || "{}"));
    return JSON.stringify(result ?? null);
  } catch (error) {
    return JSON.stringify({ error: error.message });
  }
}

async function post(path, body, retries = 2) {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !error.cause?.code?.startsWith("E")) throw error; // such as ECONNREFUSED
  });
  if (response?.ok) return response.json();
  const after = response?.headers.get("retry-after") ?? 2; // seconds or a date
  const seconds = isNaN(after) ? (Date.parse(after) - Date.now()) / 1000 : after;
  const isBusy = !response || response.status === 429 || response.status >= 500;
  if (!isBusy || retries === 0 || !(seconds <= 60)) {
    const problem = await response.clone().json().catch(() => response.text()); // HTML of a proxy
    throw new Error(`HTTP ${response.status}: ${errorText(problem)}`, { cause: response });
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return post(path, body, retries - 1);
}

// The server's own message.
function errorText(body) {
  const error = body?.error ?? body?.[0]?.error ?? body;
  const message = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  return typeof message === "string" ? message : JSON.stringify(message);
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    console.log(await ask(PROMPT, console.error));
  } catch (error) {
    const text = `${error.message} ${error.cause?.code ?? ""}`.replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
