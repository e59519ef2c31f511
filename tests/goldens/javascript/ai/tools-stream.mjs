// Let a model of AITOLL call functions, and print its answer as it comes.
import { existsSync, realpathSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { jsonSchema, stepCountIs, streamText, tool } from "ai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"
const PROMPT = "What is the weather in Oslo, and what time is it there?";

const MAX_ROUNDS = 8;

// Put your own code into execute: the model is told what it returns.
const TOOLS = {
  get_weather: tool({
    description: "The current weather in a city.",
    inputSchema: jsonSchema({
      type: "object",
      properties: {
        city: { type: "string", description: "A city, such as Oslo" },
        unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      },
      required: ["city"],
    }),
    execute: async ({ city, unit }) => ({ temperature: 4, unit: "celsius", sky: "cloudy" }),
  }),
  get_time: tool({
    description: "The current local time in a city.",
    inputSchema: jsonSchema({
      type: "object",
      properties: { city: { type: "string", description: "A city, such as Oslo" } },
      required: ["city"],
    }),
    execute: async ({ city }) => ({ time: "14:05" }),
  }),
};

export async function* stream(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const gateway = createOpenAICompatible({
    name: "AITOLL",
    baseURL: BASE_URL,
    apiKey: API_KEY,
    fetch: async (url, options) => {
      const response = await fetch(url, { ...options, redirect: "manual" });
      const isJson = response.headers.get("content-type")?.includes("json");
      if (response.ok && isJson) throw new Error(await response.text()); // an error in place of a stream
      return response;
    },
  });
  let failure;
  const result = streamText({
    model: gateway(MODEL),
    prompt,
    tools: TOOLS,
    stopWhen: [stepCountIs(MAX_ROUNDS), () => Boolean(failure)],
    onError: ({ error }) => (failure = error),
    timeout: { firstChunkMs: 120_000, chunkMs: 120_000 },
  });
  yield* result.textStream;
  if (failure) throw failure instanceof Error ? failure : new Error(failure.message ?? JSON.stringify(failure));
  const steps = await result.steps;
  const { finishReason, rawFinishReason } = steps.at(-1);
  if (!rawFinishReason) throw new Error("the stream ended before the answer was complete");
  if (finishReason === "tool-calls") throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
  if (!["stop", "eos"].includes(rawFinishReason)) log(`Warning: ended with ${rawFinishReason}`);
  log(`Usage: ${JSON.stringify(steps.map(({ usage }) => usage.raw))}`);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const answer = stream(PROMPT, (line) => console.error(`\n${line}`));
  pipeline(answer, process.stdout, { end: false }).then(() => console.log(), (error) => {
    const { statusCode, data, responseBody, message } = error.lastError ?? error;
    const reply = data && responseBody && JSON.parse(responseBody).error;
    const reason = [statusCode, reply?.metadata?.raw ?? reply?.message ?? (responseBody || message)].join(" ").trim();
    console.error("\nError:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
