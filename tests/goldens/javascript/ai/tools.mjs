// Let a model of AITOLL call functions until it can answer.
import { existsSync, realpathSync } from "node:fs";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, tool } from "ai";

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

export async function ask(prompt, log = () => {}) {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
  const gateway = createOpenAICompatible({
    name: "AITOLL",
    baseURL: BASE_URL,
    apiKey: API_KEY,
    transformRequestBody: (body) => ({ ...body, stream: false }),
    fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
  });
  const result = await generateText({
    model: gateway(MODEL),
    prompt,
    tools: TOOLS,
    stopWhen: stepCountIs(MAX_ROUNDS),
    timeout: { stepMs: 120_000 },
  });
  const { finishReason, rawFinishReason, steps, text } = result;
  if (finishReason === "tool-calls") throw new Error(`no answer after ${MAX_ROUNDS} rounds of tool calls`);
  if (!["stop", "eos", "", undefined].includes(rawFinishReason)) log(`Warning: ended with ${rawFinishReason}`);
  log(`Usage: ${JSON.stringify(steps.map(({ usage }) => usage.raw))}`);
  return text;
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  ask(PROMPT, console.error).then(console.log, (error) => {
    const { statusCode, data, responseBody, message } = error.lastError ?? error;
    const reply = data && responseBody && JSON.parse(responseBody).error;
    const reason = [statusCode, reply?.metadata?.raw ?? reply?.message ?? (responseBody || message)].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
