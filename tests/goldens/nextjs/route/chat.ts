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
    const body = await response.text();
    if (!response.ok || !body.startsWith("{")) throw new Error(`HTTP ${response.status}: ${errorMessage(body)}`);
    const { choices, usage } = JSON.parse(body);
    if (!choices?.[0]?.message) throw new Error(errorMessage(body));
    const { message, finish_reason } = choices[0];
    const parts = [message.content ?? message.refusal].flat() as (string | { text?: string })[];
    const text = parts.map((part) => (typeof part === "string" ? part : (part?.text ?? ""))).join("");
    const warning = finish_reason === "length" ? "The answer is cut: finish_reason is length." : undefined;
    console.info("Usage:", JSON.stringify(usage));
    return Response.json({ text, warning, done: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return Response.json({ error: message.replaceAll(apiKey || "\0", "***") }, { status: 502 });
  }
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
