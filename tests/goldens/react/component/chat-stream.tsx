"use client";
// app/chat/page.tsx: a chat that asks the route at /api/chat and shows the answer as it comes.
import { type FormEvent, useEffect, useRef, useState } from "react";

type Message = { role: string; content: string };

export default function Chat() {
  const [messages, setMessages] = useState<Message[]>([]);
  const [input, setInput] = useState("Say hello in one short sentence.");
  const [loading, setLoading] = useState(false);
  const [warning, setWarning] = useState("");
  const [error, setError] = useState("");
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []); // leaving the page ends the request

  async function send(event: FormEvent) {
    event.preventDefault();
    const question = { role: "user", content: input };
    let answer = "";
    setMessages([...messages, question]);
    setInput("");
    setWarning("");
    setError("");
    setLoading(true);
    abort.current = new AbortController();
    try {
      for await (const line of ask([...messages, question], abort.current.signal)) {
        if (line.error) throw new Error(line.error);
        if (line.warning) setWarning(line.warning);
        answer += line.text ?? "";
        setMessages([...messages, question, { role: "assistant", content: answer }]);
      }
    } catch (error) {
      setError(error instanceof Error ? error.message : String(error));
      setInput(question.content);
      if (!answer) setMessages(messages);
    }
    setLoading(false);
  }

  return (
    <main aria-busy={loading}>
      {messages.map(({ role, content }, index) => (
        <p key={index} style={{ whiteSpace: "pre-wrap" }}>
          <strong>{role}:</strong> {content}
        </p>
      ))}
      {warning && <p role="status">{warning}</p>}
      {error && <p role="alert">Error: {error}</p>}
      <form onSubmit={send}>
        <textarea aria-label="Message" value={input} onChange={(event) => setInput(event.target.value)} />
        <button disabled={loading || !input.trim()}>Send</button>
      </form>
    </main>
  );
}

type Line = { text?: string; warning?: string; error?: string; done?: boolean };

// Yield the lines of the answer as they come.
async function* ask(messages: Message[], signal: AbortSignal): AsyncGenerator<Line> {
  const response = await fetch("/api/chat", { method: "POST", body: JSON.stringify({ messages }), signal });
  if (!response.body || !response.headers.get("content-type")?.includes("json")) {
    throw new Error(`HTTP ${response.status} from /api/chat`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { done, value = "\n" } = await reader.read(); // the last line may lack its end
    const lines = (buffer + value).split("\n");
    buffer = lines.pop() ?? "";
    for (const line of lines.filter(Boolean).map((line): Line => JSON.parse(line))) {
      yield line;
      if (line.done) return;
    }
    if (done) throw new Error("the answer was cut");
  }
}
