"use client";
// app/chat/page.tsx: a chat that asks the route at /api/chat and shows the answer as it comes.
import { useChat } from "@ai-sdk/react";
import { type UIMessage } from "ai";
import { type FormEvent, useState } from "react";

const MESSAGES: UIMessage[] = [];

export default function Chat() {
  const [input, setInput] = useState("Say hello in one short sentence.");
  const [warning, setWarning] = useState("");
  const { messages, sendMessage, regenerate, status, error } = useChat({
    messages: MESSAGES,
    onFinish: ({ finishReason, isError }) => {
      if (finishReason !== "stop" && !isError) setWarning(`ended with ${finishReason}`);
    },
  });
  const loading = status === "submitted" || status === "streaming";

  function send(event: FormEvent) {
    event.preventDefault();
    setWarning("");
    setInput("");
    void sendMessage({ text: input });
  }

  return (
    <main aria-busy={loading}>
      {messages.map(({ id, role, parts }) => (
        <p key={id} style={{ whiteSpace: "pre-wrap" }}>
          <strong>{role}:</strong> {parts.map((part) => (part.type === "text" ? part.text : "")).join("")}
        </p>
      ))}
      {warning && <p role="status">{warning}</p>}
      {error && (
        <p role="alert">
          Error: {error.message} <button onClick={() => void regenerate()}>Try again</button>
        </p>
      )}
      <form onSubmit={send}>
        <textarea aria-label="Message" value={input} onChange={(event) => setInput(event.target.value)} />
        <button disabled={loading || !input.trim()}>Send</button>
      </form>
    </main>
  );
}
