// app/api/chat/route.ts: asks AITOLL for the page; the key stays on the server.
import { EventSourceParserStream } from "eventsource-parser/stream";

const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"

// Takes {"messages": [{"role": "user", "content": "…"}]}, the conversation of the page.
// Answers with JSON objects, one a line: {"text"}, at the end {"warning", "done"}, or {"error"}.
export async function POST(request: Request): Promise<Response> {
  const apiKey = process.env.AITOLL_API_KEY;
  try {
    if (!apiKey) throw new Error("AITOLL_API_KEY is not set");
    const { messages: history } = (await request.json()) as { messages: { role: string; content: string }[] };
    const messages = history.map(({ role, content }) => ({
      role: role === "assistant" ? "assistant" : "user",
      content: `${content}`,
    }));
    const response = await fetch(BASE_URL + "/chat/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model: MODEL, messages, stream: true }),
      redirect: "manual",
      signal: request.signal, // ends when the page is closed
    });
    if (!response.body || !response.headers.get("content-type")?.includes("event-stream")) {
      throw new Error(await errorMessage(response));
    }
    const text = response.body.pipeThrough(new TextDecoderStream());
    const lines = text.pipeThrough(new EventSourceParserStream()).pipeThrough(toLines(apiKey));
    return new Response(lines.pipeThrough(new TextEncoderStream()), {
      headers: { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" },
    });
  } catch (error) {
    const message = (error as Error).message.replaceAll(apiKey || "\0", "***");
    return Response.json({ error: message.replace(/\p{Cc}+/gu, " ").slice(0, 300) }, { status: 502 });
  }
}

// Return the status and the server's own message.
async function errorMessage(response: Response): Promise<string> {
  const reply = await response.clone().json().catch(() => response.text()); // a proxy's page
  const error = [reply?.error, reply?.errors?.[0], reply?.[0]?.error].find((one) => one?.message) ?? reply;
  const text = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error?.error ?? error;
  return `HTTP ${response.status}: ${typeof text === "string" ? text : JSON.stringify(text)}`;
}

// Turn the events of the gateway into the lines of the answer.
function toLines(apiKey: string) {
  let finishReason = "";
  let usage = {};
  const line = (value: object) => `${JSON.stringify(value).replaceAll(apiKey, "***")}\n`;
  function end(controller: TransformStreamDefaultController<string>, error?: string) {
    const warning = finishReason === "stop" ? undefined : `ended with ${finishReason}`;
    controller.enqueue(line(error ? { error } : { warning, done: true }));
    controller.terminate();
    if (!error) console.info("Usage:", JSON.stringify(usage));
  }
  return new TransformStream<{ data: string }, string>({
    transform({ data }, controller) {
      if (data === "[DONE]") {
        finishReason ||= "stop";
        return end(controller);
      }
      const { choices, usage: tokens, error } = JSON.parse(data);
      if (error) return end(controller, error.message ?? JSON.stringify(error));
      const text = choices?.[0]?.delta?.content || choices?.[0]?.delta?.refusal;
      finishReason = choices?.[0]?.finish_reason || finishReason;
      usage = tokens ?? usage;
      if (text) controller.enqueue(line({ text }));
    },
    flush: (controller) => end(controller, finishReason ? undefined : "the answer was cut"),
  });
}
