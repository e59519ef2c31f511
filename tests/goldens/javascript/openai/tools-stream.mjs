// Let a model of AITOLL call functions, and print its answer as it comes.
import { realpathSync } from "node:fs";
import OpenAI from "openai";

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

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY) throw new Error("AITOLL_API_KEY is not set: export AITOLL_API_KEY=...");
  const client = new OpenAI({
    apiKey: API_KEY,
    baseURL: BASE_URL,
    organization: null, // not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    project: null,
    timeout: 120_000,
    fetchOptions: { redirect: "manual" },
    logLevel: "off",
  });
  const messages = [{ role: "user", content: prompt }];
  const usage = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const chunks = await client.chat.completions.create({
      model: MODEL,
      messages,
      tools: TOOLS,
      stream: true,
    });
    const message = { role: "assistant", content: "" };
    let finishReason;
    for await (const chunk of chunks) {
      const choice = chunk.choices?.[0];
      const text = choice?.delta?.content || choice?.delta?.refusal;
      if (typeof text === "string") yield text;
      addDelta(message, choice?.delta ?? {});
      finishReason = choice?.finish_reason || finishReason;
      if (chunk.usage) usage[round] = chunk.usage;
    }
    if (!finishReason) throw new Error("the stream ended before the answer was complete");
    if (!message.tool_calls) {
      if (finishReason !== "stop") log(`Warning: finish_reason is ${finishReason}`);
      if (usage.length) log(`Usage: ${JSON.stringify(usage)}`);
      return;
    }
    if (message.content) yield "\n";
    messages.push(message);
    for (const call of message.tool_calls) {
      const { name, arguments: input } = call.function;
      if (typeof input === "object") call.function.arguments = JSON.stringify(input);
      delete call.index;
      const content = await callTool(name, call.function.arguments);
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
}

const REPEATED = ["id", "type", "role", "name", "format"]; // all other texts come in pieces

// Add a streamed delta to its message, with the fields that only the server understands.
function addDelta(target, delta) {
  for (const [key, value] of Object.entries(delta)) {
    if (value === null || value === "") continue;
    if (Array.isArray(value)) {
      const items = (target[key] ??= []);
      for (const item of value) {
        const { index, id } = item; // some gateways send no index, or neither
        let same = items.find((one) => (index === undefined ? one.id === id : one.index === index));
        if (index === undefined && id === undefined) same = items.at(-1);
        if (!same) items.push((same = {}));
        addDelta(same, item);
      }
    } else if (typeof value === "object") {
      target[key] = addDelta(target[key] || {}, value);
    } else if (typeof value === "string" && !REPEATED.includes(key)) {
      target[key] = (target[key] ?? "") + value;
    } else {
      target[key] = value;
    }
  }
  return target;
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

// The status and the server's own message.
function errorText({ status, error: body, message = "", cause }) {
  const error = body?.error ?? body?.[0]?.error ?? body ?? message.replace(/^\d{3} /, "");
  const text = error.metadata?.raw ?? error.message ?? error.msg ?? error.detail ?? error;
  const line = typeof text === "string" ? text : JSON.stringify(text);
  return status ? `HTTP ${status}: ${line}` : `${line} ${cause?.cause?.code ?? ""}`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  process.stdout.on("error", () => process.exit(1)); // a closed pipe, as in `| head`
  const log = (line) => console.error(`\n${line}`);
  try {
    for await (const text of stream(PROMPT, log)) process.stdout.write(text);
    console.log();
  } catch (error) {
    const text = errorText(error).replaceAll(API_KEY || "\0", "***");
    console.error("\nError:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
