// Let a model of AIReiter call functions until it can answer.
import { existsSync, realpathSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";

const API_KEY = process.env.AIREITER_API_KEY?.trim();
const BASE_URL = (process.env.AIREITER_BASE_URL || "https://aireiter.com/api").replace(/\/+$/, "");
const MODEL = "claude-sonnet-4-6"; // or "claude-opus-4-6"
const PROMPT = "What is the weather in Oslo, and what time is it there?";

const client = new Anthropic({
  apiKey: null,
  authToken: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "X-Api-Key": null, "anthropic-version": "2023-06-01" },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
});

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

// Your own code goes here: what a function returns is sent to the model.
const FUNCTIONS = {
  get_weather: ({ city, unit }) => ({ temperature: 4, unit: "celsius", sky: "cloudy" }),
  get_time: ({ city }) => ({ time: "14:05" }),
};

export async function ask(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const messages = [{ role: "user", content: prompt }];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const message = await client.messages.create({
      model: MODEL,
      messages,
      tools: TOOLS,
      max_tokens: 4096,
      stream: false,
    });
    if (!Array.isArray(message?.content)) throw new Error(`no answer: ${JSON.stringify(message)}`);
    if (message.usage) log(`Usage: ${JSON.stringify(message.usage)}`);
    const calls = message.content.filter((block) => block.type === "tool_use");
    if (message.stop_reason && !["end_turn", "stop_sequence", "tool_use"].includes(message.stop_reason))
      log(`Warning: stop_reason is ${message.stop_reason}`);
    if (!calls.length) {
      return message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    }
    const results = [];
    for (const { id, name, input } of calls) {
      results.push({ type: "tool_result", tool_use_id: id, content: await callTool(name, input, log) });
    }
    const content = message.content.filter((block) => block.type !== "text" || block.text); // the API refuses empty texts
    messages.push({ role: "assistant", content }, { role: "user", content: results });
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
}

// Return what the model gets for a call: the result of the function, or the error.
async function callTool(name, input, log) {
  try {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no tool ${name}`);
    const result = await FUNCTIONS[name](input ?? {});
    return JSON.stringify(result ?? null);
  } catch (error) {
    log(`Warning: the tool ${name} failed: ${error.message}`);
    return JSON.stringify({ error: error.message });
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const { metadata, message = error.message } = error.error?.error ?? error.error ?? {}; // the server's words
    const reason = [error.status, metadata?.raw ?? message, error.cause?.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
