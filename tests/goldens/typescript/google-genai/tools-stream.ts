// Let a model of AIClient-2-API call functions, and print its answer as it comes.
import { existsSync, realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { GoogleGenAI } from "@google/genai";
import type { Content, Part } from "@google/genai";

const API_KEY = process.env.AICLIENT2API_API_KEY?.trim();
const BASE_URL = (process.env.AICLIENT2API_BASE_URL || "http://localhost:3000").replace(/\/+$/, "");
const MODEL = "gemini-2.5-flash"; // or "gemini-3-flash-preview"
const PROMPT = "What is the weather in Oslo, and what time is it there?";

type Log = (line: string) => void;

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

// Your own code goes here: what a function returns is sent to the model.
const FUNCTIONS: Record<string, (input: any) => unknown> = {
  get_weather: ({ city, unit }: { city: string; unit?: "celsius" | "fahrenheit" }) =>
    ({ temperature: 4, unit: "celsius", sky: "cloudy" }),
  get_time: ({ city }: { city: string }) => ({ time: "14:05" }),
};

export async function* stream(prompt: string, log: Log = () => {}): AsyncGenerator<string> {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY=...");
  const ai = new GoogleGenAI({
    apiKey: API_KEY,
    vertexai: false, // whatever GOOGLE_GENAI_USE_VERTEXAI says
    httpOptions: {
      baseUrl: BASE_URL,
      retryOptions: { attempts: 3 },
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    },
  });
  const contents: Content[] = [{ role: "user", parts: [{ text: prompt }] }];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    // In extraBody the schemas go out as they are.
    const chunks = await ai.models.generateContentStream({
      model: MODEL,
      contents,
      config: { httpOptions: { extraBody: { tools: [{ functionDeclarations: TOOLS }] } } },
    });
    const parts: Part[] = [];
    let finishReason: string | undefined;
    let usage: object | undefined;
    for await (const chunk of chunks) {
      if (chunk.promptFeedback?.blockReason) throw new Error(`blocked: ${chunk.promptFeedback.blockReason}`);
      const candidate = chunk.candidates?.[0];
      for (const part of candidate?.content?.parts ?? []) {
        if (part.text && !part.thought) yield part.text;
        parts.push(part);
      }
      finishReason = candidate?.finishReason || finishReason;
      usage = chunk.usageMetadata ?? usage;
    }
    if (!finishReason) throw new Error("the stream ended before the answer was complete");
    if (usage) log(`Usage: ${JSON.stringify(usage)}`);
    const calls = parts.flatMap((part) => part.functionCall ?? []);
    if (finishReason !== "STOP") log(`Warning: finishReason is ${finishReason}`);
    if (!calls.length) return;
    if (parts.some((part) => part.text && !part.thought)) yield "\n";
    const results: Part[] = [];
    for (const { id, name, args } of calls) {
      results.push({ functionResponse: { id, name, response: await callTool(name, args, log) } });
    }
    contents.push({ role: "model", parts }, { role: "user", parts: results });
  }
  throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
}

// Return what the model gets for a call: the result of the function, or the error.
async function callTool(name = "", input: unknown, log: Log): Promise<Record<string, unknown>> {
  try {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`there is no tool ${name}`);
    return { result: await FUNCTIONS[name](input ?? {}) };
  } catch (error) {
    log(`Warning: the tool ${name} failed: ${(error as Error).message}`);
    return { error: (error as Error).message };
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const json = /\{(?:.*"raw"|.*?"message"):("(?:\\.|[^"\\])+").*\}/s; // holds the server's words
    const message = error.message.replace(json, (_: string, words: string) => JSON.parse(words));
    const reason = [error.status, message, error.cause?.code].join(" ").trim();
    console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
