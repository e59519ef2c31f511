// Let a model of AITOLL call functions, and print its answer as it comes.
import { realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY;
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "What is the weather in Oslo, and what time is it there?";

type Log = (line: string) => void;
type FunctionCall = OpenAI.ChatCompletionMessageFunctionToolCall & { index?: number };

const TOOLS: OpenAI.ChatCompletionTool[] = [
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
const FUNCTIONS: Record<string, (input: any) => unknown> = {
  get_weather: ({ city, unit }: { city: string; unit?: "celsius" | "fahrenheit" }) =>
    ({ temperature: 4, unit: "celsius", sky: "cloudy" }),
  get_time: ({ city }: { city: string }) => ({ time: "14:05" }),
};

export async function* stream(prompt: string, log?: Log): AsyncGenerator<string> {
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
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: prompt }];
  const usage: object[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const chunks = await client.chat.completions.create({
      model: MODEL,
      messages,
      tools: TOOLS,
      stream: true,
    });
    const message: OpenAI.ChatCompletionAssistantMessageParam = { role: "assistant", content: "" };
    let finishReason: string | undefined;
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
      if (finishReason !== "stop") log?.(`Warning: finish_reason is ${finishReason}`);
      if (usage.length) log?.(`Usage: ${JSON.stringify(usage)}`);
      return;
    }
    if (message.content) yield "\n";
    messages.push(message);
    for (const call of message.tool_calls as FunctionCall[]) {
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
function addDelta(target: any, delta: object): any {
  for (const [key, value] of Object.entries(delta)) {
    if (value === null || value === "") continue;
    if (Array.isArray(value)) {
      const items: any[] = (target[key] ??= []);
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
async function callTool(name: string, input: string): Promise<string> {
  try {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no tool ${name}`);
    const result = await FUNCTIONS[name](JSON.parse(input || "{}"));
    return JSON.stringify(result ?? null);
  } catch (error) {
    return JSON.stringify({ error: (error as Error).message });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const text = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].filter(Boolean).join(" ");
    const message = API_KEY ? text.replaceAll(API_KEY, "***") : text;
    console.error("\nError:", message.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 400));
    process.exitCode = 1;
  });
}
