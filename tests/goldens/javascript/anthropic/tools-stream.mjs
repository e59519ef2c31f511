// Let a model of AIReiter call functions, and print its answer as it comes.
import { existsSync, realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
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
  logLevel: "off", // errors are thrown, not logged
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

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const messages = [{ role: "user", content: prompt }];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const events = await client.messages.create({
      model: MODEL,
      messages,
      tools: TOOLS,
      max_tokens: 4096,
      stream: true,
    });
    const content = [];
    let stopReason, usage;
    for await (const event of events) {
      if ("content_block" in event && event.content_block.type === "text") yield event.content_block.text ?? "";
      if (event.type === "content_block_delta" && event.delta?.type === "text_delta") yield event.delta.text;
      addEvent(content, event);
      if (event.type === "message_start") usage = event.message?.usage;
      if (event.type === "message_delta") stopReason = event.delta?.stop_reason || stopReason;
      if ("usage" in event) usage = { ...usage, ...event.usage };
      if (event.type === "message_stop") break;
    }
    if (!stopReason) throw new Error("the stream ended before the answer was complete");
    if (usage) log(`Usage: ${JSON.stringify(usage)}`);
    if (!["end_turn", "stop_sequence", "tool_use"].includes(stopReason)) log(`Warning: stop_reason is ${stopReason}`);
    if (!content.some((block) => block.type === "tool_use")) return;
    if (content.some((block) => block.text)) yield "\n";
    const results = [];
    for (const block of content) {
      const json = block.partial_json;
      delete block.index;
      delete block.partial_json;
      if (block.type !== "tool_use" && json) block.input = JSON.parse(json); // a call of the server's own
      if (block.type !== "tool_use") continue;
      results.push({ type: "tool_result", tool_use_id: block.id, content: await callTool(block, json, log) });
    }
    const blocks = content.filter((block) => block.text !== ""); // the API refuses empty texts
    messages.push({ role: "assistant", content: blocks }, { role: "user", content: results });
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
}

// Add a streamed event to the content blocks of the message.
function addEvent(content, { type, index, content_block, delta }) {
  if (type === "content_block_start") content.push({ ...content_block, index });
  if (type !== "content_block_delta") return;
  let block = content.filter((block) => block.index === index).at(-1); // blocks may share an index
  if (!block) content.push((block = { type: "text", index })); // some gateways leave the start out
  for (const [key, value] of Object.entries(delta)) {
    if (key === "citation") block.citations = [...(block.citations ?? []), value];
    else if (key !== "type") block[key] = (block[key] ?? "") + value;
  }
}

// Return what the model gets for a call: the result of the function, or the error.
async function callTool(block, json, log) {
  try {
    block.input = json ? JSON.parse(json) : (block.input ?? {});
    if (!Object.hasOwn(FUNCTIONS, block.name)) throw new Error(`there is no tool ${block.name}`);
    const result = await FUNCTIONS[block.name](block.input);
    return JSON.stringify(result ?? null);
  } catch (error) {
    log(`Warning: the tool ${block.name} failed: ${error.message}`);
    return JSON.stringify({ error: error.message });
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const { metadata, message = error.message } = error.error?.error ?? error.error ?? {}; // the server's words
    const reason = [error.status, metadata?.raw ?? message, error.cause?.cause?.code].join(" ").trim();
    console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
