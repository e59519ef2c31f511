// Let a model of AIClient-2-API call functions, and print its answer as it comes.
import { realpathSync } from "node:fs";
import { GoogleGenAI } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY;
const BASE_URL = process.env.AICLIENT2API_BASE_URL || "http://localhost:3000";
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const PROMPT = "What is the weather in Oslo, and what time is it there?";
const TOOLS = [
  {
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
  {
    name: "get_time",
    description: "The current local time in a city.",
    parameters: {
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

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY) throw new Error("AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false,
    httpOptions: {
      baseUrl: BASE_URL,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const contents = [{ role: "user", parts: [{ text: prompt }] }];
  const usage = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const chunks = await ai.models.generateContentStream({
      model: MODEL,
      contents,
      config: { tools: [{ functionDeclarations: TOOLS }] },
    });
    const parts = [];
    let finishReason;
    for await (const chunk of chunks) {
      const blocked = chunk.promptFeedback?.blockReason;
      if (blocked) throw new Error(`blocked: ${blocked}`);
      const candidate = chunk.candidates?.[0];
      for (const part of candidate?.content?.parts ?? []) {
        if (part.text && !part.thought) yield part.text;
        parts.push(part);
      }
      finishReason = candidate?.finishReason ?? finishReason;
      if (chunk.usageMetadata) usage[round] = chunk.usageMetadata;
    }
    if (!finishReason) throw new Error("the stream ended before the answer was complete");
    const calls = parts.filter((part) => part.functionCall).map((part) => part.functionCall);
    if (!calls.length) {
      if (finishReason !== "STOP") log(`Warning: finishReason is ${finishReason}`);
      if (usage.length) log(`Usage: ${JSON.stringify(usage)}`);
      return;
    }
    if (parts.some((part) => part.text && !part.thought)) yield "\n";
    const results = [];
    for (const { id, name, args } of calls) {
      results.push({ functionResponse: { id, name, response: await callTool(name, args) } });
    }
    contents.push({ role: "model", parts }, { role: "user", parts: results });
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
}

// Run the function that the model calls; the model is told what goes wrong.
async function callTool(name, input) {
  try {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no tool ${name}`);
    const result = await FUNCTIONS[name](input);
    return { result };
  } catch (error) {
    return { error: error.message };
  }
}

// The status and the server's own message.
function errorText({ status, message, cause }) {
  if (!status) return `${message} ${cause?.code ?? ""}`;
  const [body] = [JSON.parse(message.match(/[[{].*[}\]]/s)?.[0] ?? null)].flat();
  const error = body?.error ?? body;
  const text = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  return `HTTP ${status}: ${typeof text === "string" ? text : JSON.stringify(text)}`;
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
