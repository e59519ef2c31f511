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
      throw new Error(`HTTP ${response.status}: ${errorMessage(await response.text())}`);
    }
    const lines = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(toLines(apiKey));
    return new Response(lines.pipeThrough(new TextEncoderStream()), {
      headers: { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return Response.json({ error: message.replaceAll(apiKey || "\0", "***") }, { status: 502 });
  }
}

// Turns the events of the gateway into the lines for the page, up to the end of the stream.
function toLines(apiKey: string) {
  let [rest, finishReason, usage] = ["", "", {}];
  const line = (value: object) => `${JSON.stringify(value).replaceAll(apiKey, "***")}\n`;
  function finish(controller: TransformStreamDefaultController<string>) {
    if (!finishReason) return controller.enqueue(line({ error: "the answer was cut" }));
    console.info("Usage:", JSON.stringify(usage));
    const complete = ["stop"].includes(finishReason);
    controller.enqueue(line({ warning: complete ? undefined : `The answer ended with ${finishReason}.`, done: true }));
  }
  return new TransformStream<string, string>({
    transform(chunk, controller) {
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const data of lines.filter((one) => one.startsWith("data:")).map((one) => one.slice(5).trim())) {
        if (data === "[DONE]") {
          finishReason ||= "stop";
          finish(controller);
          return controller.terminate();
        }
        if (!data.startsWith("{")) continue;
        const event = JSON.parse(data);
        if (event.error) {
          controller.enqueue(line({ error: errorMessage(data) }));
          return controller.terminate();
        }
        const { delta, finish_reason } = event.choices?.[0] ?? {};
        const text = delta?.content ?? delta?.refusal;
        finishReason = finish_reason || finishReason;
        usage = event.usage ?? usage;
        if (text) controller.enqueue(line({ text }));
      }
    },
    flush: finish,
  });
}

// The server's own words in the body of an error.
function errorMessage(body: string): string {
  try {
    const { error, message, msg, detail } = [JSON.parse(body)].flat()[0];
    const words = error?.metadata?.raw ?? error?.message ?? error ?? message ?? msg ?? detail ?? body;
    return (typeof words === "string" ? words : JSON.stringify(words)).slice(0, 300).replace(/[\s\p{Cc}]+/gu, " ");
  } catch {
    return body.slice(0, 300).replace(/[\s\p{Cc}]+/gu, " "); // such as the page of a proxy
  }
}
