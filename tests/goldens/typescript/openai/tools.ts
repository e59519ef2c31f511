// Let a model of AITOLL call functions until it can answer.
import { existsSync, realpathSync } from "node:fs";
import OpenAI from "openai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "What is the weather in Oslo, and what time is it there?";

type Log = (line: string) => void;

const client = new OpenAI({
  apiKey: API_KEY || "none",
  baseURL: BASE_URL,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "OpenAI-Organization": null, "OpenAI-Project": null },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
});

type FunctionCall = OpenAI.ChatCompletionMessageFunctionToolCall;

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

// Your own code goes here: what a function returns is sent to the model.
const FUNCTIONS: Record<string, (input: any) => unknown> = {
  get_weather: ({ city, unit }: { city: string; unit?: "celsius" | "fahrenheit" }) =>
    ({ temperature: 4, unit: "celsius", sky: "cloudy" }),
  get_time: ({ city }: { city: string }) => ({ time: "14:05" }),
};

export async function ask(prompt: string, log: Log = () => {}): Promise<string> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: prompt }];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const completion = await client.chat.completions.create({ model: MODEL, messages, tools: TOOLS, stream: false });
    const choice = completion?.choices?.[0];
    if (!choice?.message) throw new Error(`no answer: ${JSON.stringify(completion)}`);
    const { message, finish_reason: finishReason } = choice;
    if (completion.usage) log(`Usage: ${JSON.stringify(completion.usage)}`);
    if (finishReason && !["stop", "eos", "tool_calls"].includes(finishReason))
      log(`Warning: finish_reason is ${finishReason}`);
    if (!message.tool_calls?.length) {
      const content = message.content || message.refusal || "";
      return Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
    }
    messages.push(message);
    for (const call of message.tool_calls as FunctionCall[]) {
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
async function callTool(name: string, json: string, log: Log): Promise<string> {
  try {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no tool ${name}`);
    const result = await FUNCTIONS[name](JSON.parse(json || "{}"));
    return JSON.stringify(result ?? null);
  } catch (error) {
    log(`Warning: the tool ${name} failed: ${(error as Error).message}`);
    return JSON.stringify({ error: (error as Error).message });
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const reason = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
