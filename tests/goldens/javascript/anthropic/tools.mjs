// Let a model of AIReiter call functions until it can answer.
import { realpathSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";

const API_KEY = process.env.AIREITER_API_KEY;
const BASE_URL = process.env.AIREITER_BASE_URL || "https://aireiter.com/api";
const MODEL = "claude-sonnet-4-6"; // or "claude-opus-4-6"
const PROMPT = "What is the weather in Oslo, and what time is it there?";
const TOOLS = [
  {
    name: "get_weather",
    description: "The current weather in a city.",
    input_schema: {
      type: "object",
      properties: {
        city: { type: "string", description: "A city, such as Oslo" },
        unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      },
      required: ["city"],
    },
  },
  {
    name: "get_time",
    description: "The current local time in a city.",
    input_schema: {
      type: "object",
      properties: { city: { type: "string", description: "A city, such as Oslo" } },
      required: ["city"],
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
  const usage = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const message = await client.messages.create({
      model: MODEL,
      messages,
      tools: TOOLS,
      max_tokens: 4096,
      stream: false,
    });
    if (!message?.content) throw new Error(`no answer: ${errorText({ error: message })}`);
    if (message.usage) usage.push(message.usage);
    const calls = message.content.filter((block) => block.type === "tool_use");
    if (!calls.length) {
      if (message.stop_reason !== "end_turn") log(`Warning: stop_reason is ${message.stop_reason}`);
      if (usage.length) log(`Usage: ${JSON.stringify(usage)}`);
      return message.content.map((block) => block.text ?? "").join("");
    }
    const results = [];
    for (const { id, name, input } of calls) {
      results.push({ type: "tool_result", tool_use_id: id, content: await callTool(name, input) });
    }
    messages.push({ role: "assistant", content: message.content });
    messages.push({ role: "user", content: results });
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
}

// Run the function that the model calls; the model is told what goes wrong.
async function callTool(name, input) {
  try {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no tool ${name}`);
    const result = await FUNCTIONS[name](input);
    return JSON.stringify(result ?? null);
  } catch (error) {
    return JSON.stringify({ error: error.message });
  }
}

// The status and the server's own message.
function errorText({ status, error: body, message = "", cause }) {
  const error = body?.error ?? body?.[0]?.error ?? body ?? message.replace(/^\d{3} /, "");
  const text = error.metadata?.raw ?? error.message ?? error.msg ?? error.detail ?? error;
  const line = typeof text === "string" ? text : JSON.stringify(text);
  return status ? `HTTP ${status}: ${line}` : `${line} ${cause?.cause?.code ?? ""}`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    console.log(await ask(PROMPT, console.error));
  } catch (error) {
    const text = errorText(error).replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
