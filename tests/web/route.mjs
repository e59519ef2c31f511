// Runs handler.mjs, a route handler, as a program: posts $CHAT_TURNS to it and prints what the page would be told.
// The answer is a line of JSON for each piece, or, of a route on the AI SDK, its stream of events.
import { readFileSync } from "node:fs";

const handler = new URL("handler.mjs", import.meta.url);
const { POST } = await import(handler);
const onSdk = readFileSync(handler, "utf8").includes("useChat");
const turns = JSON.parse(process.env.CHAT_TURNS ?? '[{"role": "user", "content": "Say hello"}]');
const messages = onSdk ? turns.map(({ role, content }) => ({ role, parts: [{ type: "text", text: content }] })) : turns;
const request = new Request("http://localhost/api/chat", { method: "POST", body: JSON.stringify({ messages }) });
console.info = console.error; // stdout is for the answer
if (onSdk) console.error = () => {}; // what the page is told, not the log

let finished = false;
const tell = (line) => process.stderr.write(`${line.replace(/\s+/g, " ")}\n`);
try {
  const response = await POST(request);
  if (onSdk && !response.ok) throw new Error(await response.text());
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    lines.filter((line) => line.trim() && line !== "data: [DONE]").forEach(read);
  }
  if (rest) show(JSON.parse(rest));
  if (!finished) throw new Error("the answer was cut");
} catch (error) {
  tell(`Error: ${error.message}`);
  process.exitCode = error.cause && !onSdk ? 3 : 1; // 3: the answer itself broke
}

function read(line) {
  if (!onSdk) return show(JSON.parse(line));
  const { type, delta, errorText, finishReason } = JSON.parse(line.slice("data: ".length));
  if (type === "text-delta") show({ text: delta });
  if (type === "error") show({ error: errorText });
  if (type !== "finish") return;
  show({ warning: finishReason === "stop" ? "" : finishReason, done: !["other", "interrupted"].includes(finishReason) });
}

function show({ text, warning, error, done }) {
  if (text) process.stdout.write(text);
  if (warning) tell(`Warning: ${warning}`);
  if (error) throw new Error(error);
  finished ||= Boolean(done);
}
