// app/api/chat/route.ts: asks AITOLL on behalf of the page; the key stays on the server.
const BASE_URL = (process.env.AITOLL_BASE_URL || "https://aitoll.net/api/gateway/api").replace(/\/+$/, "");
const MODEL = "glm-4.7"; // or "glm-5"

// Takes {"messages": [{"role": "user", "content": "…"}]}, the conversation of the page.
// Answers with {"text", "warning", "done"} or {"error"}.
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
      body: JSON.stringify({ model: MODEL, messages, stream: false }),
      redirect: "manual",
      signal: request.signal, // ends when the page is closed
    });
    const body = response.ok && (await response.clone().json().catch(() => null));
    const { message, finish_reason: finishReason } = body?.choices?.[0] ?? {};
    const content = message?.content || message?.refusal;
    const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
    if (!text) throw new Error(await httpError(response));
    console.info("Usage:", JSON.stringify(body.usage));
    const isComplete = !finishReason || ["stop", "eos"].includes(finishReason);
    const warning = isComplete ? undefined : `ended with ${finishReason}`;
    return Response.json({ text, warning, done: true });
  } catch (error) {
    const message = (error as Error).message.replaceAll(apiKey || "\0", "***");
    return Response.json({ error: message.replace(/\p{Cc}+/gu, " ").slice(0, 300) }, { status: 502 });
  }
}

// Return the status and the server's own message, wherever it stands.
async function httpError(response: Response): Promise<string> {
  const body = await response.clone().json().catch(() => response.text()); // a proxy's page
  const error = [body?.error, body?.errors?.[0], body?.[0]?.error].find((one) => one?.message) ?? body;
  const text = error?.metadata?.raw || error?.message || error?.msg || error?.detail || error?.error || error;
  return `HTTP ${response.status}: ${typeof text === "string" ? text : JSON.stringify(text)}`;
}
