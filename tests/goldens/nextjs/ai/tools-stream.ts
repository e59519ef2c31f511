// app/api/chat/route.ts: asks AITOLL for a page with useChat; the key stays on the server.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  jsonSchema,
  stepCountIs,
  streamText,
  tool,
  toUIMessageStream,
  type UIMessage,
} from "ai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"

const MAX_ROUNDS = 8;

// Put your own code into execute: the model is told what it returns.
const TOOLS = {
  get_weather: tool({
    description: "The current weather in a city.",
    inputSchema: jsonSchema<{ city: string; unit?: "celsius" | "fahrenheit" }>({
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
    inputSchema: jsonSchema<{ city: string }>({
      type: "object",
      properties: { city: { type: "string", description: "A city, such as Oslo" } },
      required: ["city"],
    }),
    execute: async ({ city }) => ({ time: "14:05" }),
  }),
};

export async function POST(request: Request): Promise<Response> {
  try {
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
    const { messages } = (await request.json()) as { messages: UIMessage[] };
    for (const message of messages) {
      message.parts = message.parts.filter(({ type }) => type !== "file"); // else the server fetches any address
    }
    const result = streamText({
      model: gateway(MODEL),
      messages: await convertToModelMessages(messages),
      tools: TOOLS,
      stopWhen: stepCountIs(MAX_ROUNDS),
      abortSignal: request.signal,
      onError: ({ error }) => console.error(errorMessage(error)),
      onEnd: ({ usage }) => usage.raw && console.info("Usage:", JSON.stringify(usage.raw)),
      timeout: { firstChunkMs: 120_000, chunkMs: 120_000 },
    });
    return createUIMessageStreamResponse({
      stream: toUIMessageStream({ stream: result.stream, onError: errorMessage }),
    });
  } catch (error) {
    return new Response(errorMessage(error), { status: 500 });
  }
}

// What the page is told: the status and the server's own message, without the key.
function errorMessage(error: any): string {
  const { statusCode, data, responseBody, message = error } = error.lastError ?? error;
  const reply = data && responseBody && JSON.parse(responseBody).error;
  const reason = [statusCode, reply?.metadata?.raw ?? reply?.message ?? (responseBody || message)].join(" ").trim();
  return reason.replaceAll(API_KEY || "\0", "***").slice(0, 400);
}
