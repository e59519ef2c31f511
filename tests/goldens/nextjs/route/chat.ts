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
      body: JSON.stringify({ model: MODEL, messages, stream: false }),
      redirect: "manual",
      signal: request.signal, // ends when the page is closed
    });
    const body = response.ok && (await response.clone().json().catch(() => null));
    if (!body?.choices?.[0]?.message) throw new Error(await errorMessage(response));
    const { message, finish_reason } = body.choices[0];
    const parts: (string | { text?: string })[] = [message.content || message.refusal || ""].flat();
    const text = parts.map((part) => (typeof part === "string" ? part : (part.text ?? ""))).join("");
    const warning = finish_reason === "length" ? "The answer is cut: finish_reason is length." : undefined;
    console.info("Usage:", JSON.stringify(body.usage));
    return Response.json({ text, warning, done: true });
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
