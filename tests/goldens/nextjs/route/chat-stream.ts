// app/api/chat/route.ts: asks AITOLL for the page; the key stays on the server.
import { EventSourceParserStream } from "eventsource-parser/stream";

const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
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
      throw new Error(await httpError(response));
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

// Return the status and the server's own message, wherever it stands.
async function httpError(response: Response): Promise<string> {
  const body = await response.clone().json().catch(() => response.text()); // a proxy's page
  return `HTTP ${response.status}: ${errorMessage(body)}`;
}

// Return the server's words from the body of an error.
function errorMessage(body: any): string {
  const error = [body?.error, body?.errors?.[0], body?.[0]?.error].find((one) => one?.message) ?? body;
  const text = error?.metadata?.raw || error?.message || error?.msg || error?.detail || error?.error || error;
  return typeof text === "string" ? text : JSON.stringify(text);
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
  return new TransformStream<{ event?: string; data: string }, string>({
    transform({ event, data }, controller) {
      if (data.trim() === "[DONE]") {
        finishReason ||= "stop";
        return end(controller);
      }
      if (event === "error" && !data.startsWith("{")) return end(controller, data);
      const chunk = data.trim().startsWith("{") ? JSON.parse(data) : { message: data };
      const problem = chunk.errors ?? chunk.message ?? chunk.msg ?? chunk.detail ?? chunk.error_msg;
      if (chunk.error || (problem && !chunk.choices) || event === "error") return end(controller, errorMessage(chunk));
      const choice = chunk.choices?.[0];
      const content = choice?.delta?.content || choice?.delta?.refusal;
      const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
      finishReason = choice?.finish_reason || finishReason;
      usage = chunk.usage ?? usage;
      if (text) controller.enqueue(line({ text }));
    },
    flush: (controller) => end(controller, finishReason ? undefined : "the answer was cut"),
  });
}
