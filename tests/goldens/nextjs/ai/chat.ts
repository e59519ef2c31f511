// app/api/chat/route.ts: asks AITOLL for a page with useChat; the key stays on the server.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  simulateStreamingMiddleware,
  streamText,
  toUIMessageStream,
  type UIMessage,
  wrapLanguageModel,
} from "ai";

const API_KEY = process.env.AITOLL_API_KEY?.trim();
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"

export async function POST(request: Request): Promise<Response> {
  try {
    if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY=...");
    const gateway = createOpenAICompatible({
      name: "AITOLL",
      baseURL: BASE_URL,
      apiKey: API_KEY,
      transformRequestBody: (body) => ({ ...body, stream: false }),
      fetch: (url, options) => fetch(url, { ...options, redirect: "manual" }),
    });
    const { messages } = (await request.json()) as { messages: UIMessage[] };
    for (const message of messages) {
      message.parts = message.parts.filter(({ type }) => type !== "file"); // else the server fetches any address
    }
    const model = wrapLanguageModel({
      model: gateway(MODEL),
      middleware: simulateStreamingMiddleware(),
    });
    const result = streamText({
      model,
      messages: await convertToModelMessages(messages),
      abortSignal: request.signal,
      onError: ({ error }) => console.error(errorMessage(error)),
      onEnd: ({ usage }) => usage.raw && console.info("Usage:", JSON.stringify(usage.raw)),
      timeout: 120_000,
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
