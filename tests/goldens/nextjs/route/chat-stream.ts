// app/api/chat/route.ts: asks AITOLL for the page; the key stays on the server.
const BASE_URL = process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api";
const MODEL = "glm-4.7"; // or "glm-5"

// Takes {"messages": [{"role": "user", "content": "…"}]}; answers with one JSON object a line: text, warning, error, done.
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
    const lines = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(toLines(apiKey));
    return new Response(lines.pipeThrough(new TextEncoderStream()), {
      headers: { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" },
    });
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replaceAll(apiKey || "\0", "***");
    return Response.json({ error: message.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300) }, { status: 502 });
  }
}

// The status and the server's own message.
async function errorMessage(response: Response): Promise<string> {
  const body = await response.clone().json().catch(() => response.text()); // the page of a proxy
  const error = body?.error ?? body?.[0]?.error ?? body;
  const message = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  return `HTTP ${response.status}: ${typeof message === "string" ? message : JSON.stringify(message)}`;
}

// Turns the events of the gateway into the lines for the page, up to the end of the stream.
function toLines(apiKey: string) {
  let [rest, finishReason, usage] = ["", "", {}];
  const line = (value: object) => `${JSON.stringify(value).replaceAll(apiKey, "***")}\n`;
  function end(controller: TransformStreamDefaultController<string>, error = finishReason ? "" : "the answer was cut") {
    if (!error) console.info("Usage:", JSON.stringify(usage));
    const warning = finishReason === "stop" ? undefined : `The answer ended with ${finishReason}.`;
    controller.enqueue(line(error ? { error } : { warning, done: true }));
    controller.terminate();
  }
  return new TransformStream<string, string>({
    transform(chunk, controller) {
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const data of lines.filter((one) => /^data:\s*[{[]/.test(one)).map((one) => one.slice(5).trim())) {
        if (data === "[DONE]") {
          finishReason ||= "stop";
          return end(controller);
        }
        const event = JSON.parse(data);
        const error = event.error?.message ?? event.error;
        if (error) return end(controller, error);
        const { delta, finish_reason } = event.choices?.[0] ?? {};
        const text = delta?.content ?? delta?.refusal;
        finishReason = finish_reason || finishReason;
        usage = event.usage ?? usage;
        if (text) controller.enqueue(line({ text }));
      }
    },
    flush: end,
  });
}
