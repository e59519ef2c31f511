// app/api/chat/route.ts: asks AITOLL on behalf of the page; the key stays on the server.
import { EventSourceParserStream } from "eventsource-parser/stream";

const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"

// Takes {"messages": [{"role": "user", "content": "…"}]}, the conversation of the page.
// Answers with JSON objects, one a line: {"text"}, at the end {"warning", "done"}, or {"error"}.
export async function POST(request: Request): Promise<Response> {
  const apiKey = process.env.AITOLL_API_KEY;
  try {
    if (!apiKey) throw new Error("AITOLL_API_KEY is not set");
    const { messages: history } = (await request.json().catch(() => null)) ?? {};
    if (!Array.isArray(history) || !history.every((message) => typeof message?.content === "string")) {
      return Response.json({ error: 'send {"messages": [{"role": "user", "content": "…"}]}' }, { status: 400 });
    }
    const messages = history.map(({ role, content }) => ({ role: role === "assistant" ? role : "user", content }));
    const response = await fetch(BASE_URL + "/chat/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model: MODEL, messages, stream: true }),
      redirect: "manual",
      signal: request.signal, // ends when the page is closed
    });
    if (!response.ok || response.headers.get("content-type")?.includes("event-stream") === false)
      throw new Error(await httpError(response));
    const lines = new ReadableStream<string>({ start: (controller) => sendLines(controller, response, apiKey) });
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

// Send the text in the events of the gateway, line by line.
async function sendLines(controller: ReadableStreamDefaultController<string>, response: Response, apiKey: string) {
  const send = (line: object) => controller.enqueue(`${JSON.stringify(line).replaceAll(apiKey, "***")}\n`);
  let finishReason: string | undefined;
  let usage = {};
  const body = response.body!.pipeThrough(new TextDecoderStream());
  const events = body.pipeThrough(new EventSourceParserStream()).getReader();
  try {
    for (let next = await events.read(); !next.done; next = await events.read()) {
      const { event, data } = next.value;
      if (data.trim() === "[DONE]") {
        if (finishReason === "") finishReason = "stop"; // some models send none
        break;
      }
      const chunk = data.trim().startsWith("{") ? JSON.parse(data) : { message: data };
      const problem = chunk.errors ?? chunk.message ?? chunk.msg ?? chunk.detail ?? chunk.error_msg;
      if (chunk.error || (problem && !chunk.choices) || event === "error") throw new Error(errorMessage(chunk));
      const choice = chunk.choices?.[0];
      const content = choice?.delta?.content || choice?.delta?.refusal;
      const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
      finishReason = choice?.finish_reason || finishReason || "";
      usage = chunk.usage ?? usage;
      if (text) send({ text });
    }
    if (!finishReason) throw new Error("the answer was cut");
    console.info("Usage:", JSON.stringify(usage));
    const warning = ["stop", "eos"].includes(finishReason) ? undefined : `ended with ${finishReason}`;
    send({ warning, done: true });
  } catch (error) {
    send({ error: (error as Error).message });
  }
  controller.close();
  await events.cancel(); // some servers keep the connection open
}
