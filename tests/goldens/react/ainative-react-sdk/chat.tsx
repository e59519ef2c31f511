"use client";
// src/Chat.tsx: a chat on AINative's own hooks. The key is pasted into the page and stays in its memory.
import { type FormEvent, useRef, useState } from "react";
import { AINativeProvider, type AINativeError, type Message, useChat } from "@ainative/react-sdk";

const BASE_URL = "https://api.ainative.studio/api/v1";
const OPTIONS = { model: "claude-sonnet-4-6" }; // or the model "claude-sonnet-4-5"

export default function Page() {
  const [apiKey, setApiKey] = useState("");
  return (
    <AINativeProvider config={{ apiKey: apiKey.trim(), baseUrl: BASE_URL }}>
      <input aria-label="Key" type="password" value={apiKey} onChange={(event) => setApiKey(event.target.value)} />
      <Chat apiKey={apiKey.trim()} />
    </AINativeProvider>
  );
}

function Chat({ apiKey }: { apiKey: string }) {
  const [messages, setMessages] = useState<Message[]>([]);
  const [input, setInput] = useState("Say hello in one short sentence.");
  const [note, setNote] = useState("");
  const [error, setError] = useState("");
  const [loading, setLoading] = useState(false);
  const failure = useRef<AINativeError>({ message: "no answer" });
  const { sendMessage } = useChat({ ...OPTIONS, onError: (error) => (failure.current = error) });

  async function send(event: FormEvent) {
    event.preventDefault();
    const question: Message = { role: "user", content: input };
    setNote("");
    setError("");
    setLoading(true);
    try {
      if (!apiKey) throw new Error("Paste the value of AINATIVE_JWT into the field Key");
      const response = await sendMessage([...messages, question]); // null after an error
      if (!response?.choices?.[0]?.message) throw new Error(errorMessage(response ?? failure.current));
      const { message, finish_reason } = response.choices[0];
      const { content, refusal } = message as { content?: string; refusal?: string };
      setMessages([...messages, question, { role: "assistant", content: content || refusal || "" }]);
      setNote(JSON.stringify({ finish_reason, ...response.usage }));
      setInput("");
    } catch (error) {
      setError((error as Error).message.replaceAll(apiKey || "\0", "***"));
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
      {note && <p role="status">{note}</p>}
      {error && <p role="alert">Error: {error}</p>}
      <form onSubmit={send}>
        <textarea aria-label="Message" value={input} onChange={(event) => setInput(event.target.value)} />
        <button disabled={loading || !input.trim()}>Send</button>
      </form>
    </main>
  );
}

// Return the status and the server's own message, from a reply or from an error of the package.
function errorMessage(body: object): string {
  const { status, error, message } = body as { status?: number; error?: { message?: string }; message?: unknown };
  const text = error?.message ?? message ?? body;
  return `${status ? `HTTP ${status}: ` : ""}${typeof text === "string" ? text : JSON.stringify(text)}`;
}
