// Runs a route handler as a program: posts $CHAT_TURNS to it, prints what the page would be told.
// The answer goes to stdout, everything else to stderr; 1 is a failure, 2 wrong use.
import { readFileSync } from "node:fs";
import { transformSync } from "esbuild";

const source = readFileSync(process.argv[2], "utf8");
const { code } = transformSync(source, { loader: "ts", format: "esm" });
const { POST } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
const messages = JSON.parse(process.env.CHAT_TURNS ?? '[{"role": "user", "content": "Say hello"}]');
const request = new Request("http://localhost/api/chat", { method: "POST", body: JSON.stringify({ messages }) });

process.stdout.on("error", () => process.exit()); // whoever read the output has gone
const reply = await POST(request);
let [printed, finished] = [false, false];
if (reply.headers.get("content-type").startsWith("application/x-ndjson")) await streamed();
else await whole(await reply.json());
if (!finished) end("the route's own answer was cut", 3);

async function streamed() {
  let rest = "";
  for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    lines.forEach((line) => told(JSON.parse(line)));
  }
}

async function whole({ text, warnings = [], usage, error }) {
  if (error !== undefined) return told({ error });
  told({ text });
  warnings.forEach((warning) => told({ warning }));
  told({ done: true, usage });
}

function told({ text, warning, error, done, usage }) {
  if (finished) end("something follows the end", 3);
  printed ||= Boolean(text);
  if (text) process.stdout.write(text);
  if (warning !== undefined) console.error(`Warning: ${warning}`);
  if (error !== undefined) end(error, reply.status === 500 ? 2 : 1);
  if (!done) return;
  finished = true;
  process.stdout.write("\n");
  const facts = Object.entries(usage).map(([name, value]) => `${name}: ${value}`);
  if (facts.length) console.error(facts.join(", "));
}

function end(error, code) {
  finished = true;
  if (printed) process.stdout.write("\n");
  console.error(`Error: ${error}`);
  process.exitCode = code;
}
