// Runs a route handler as a program: posts $CHAT_TURNS to it and prints what the page would be told.
import { readFileSync } from "node:fs";
import { transformSync } from "esbuild";

const source = readFileSync(process.argv[2], "utf8");
const { code } = transformSync(source, { loader: "ts", format: "esm" });
const { POST } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
const messages = JSON.parse(process.env.CHAT_TURNS ?? '[{"role": "user", "content": "Say hello"}]');
const request = new Request("http://localhost/api/chat", { method: "POST", body: JSON.stringify({ messages }) });
console.info = console.error; // stdout is for the answer

let finished = false;
try {
  const response = await POST(request);
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    lines.forEach((line) => show(JSON.parse(line)));
  }
  if (rest) show(JSON.parse(rest));
  if (!finished) throw new Error("the answer was cut");
} catch (error) {
  console.error(`Error: ${error.message}`);
  process.exitCode = 1;
}

function show({ text, warning, error, done }) {
  if (text) process.stdout.write(text);
  if (warning) console.error(`Warning: ${warning}`);
  if (error) throw new Error(error);
  finished ||= Boolean(done);
}
