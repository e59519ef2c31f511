// Ask a question that takes deep reasoning and print the answer: AIReiter, with fetch.

const MESSAGES = [
  {
    role: "user",
    content: "A bat and a ball cost 1.10 together, and the bat costs 1.00 more than the ball. What does the ball cost?",
  },
];
const BODIES = [
  { model: "claude-opus-4-6", messages: MESSAGES, max_tokens: 4096, stream: false },
  { model: "claude-sonnet-4-6", messages: MESSAGES, max_tokens: 4096, stream: false },
];
const KEY = (process.env.AIREITER_API_KEY ?? "").trim();
const BASE_URL = (process.env.AIREITER_BASE_URL?.trim() || "https://aireiter.com/api")
  .replace(/\/+$/, "");
const LOCAL = /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/[^\s?#]*)?$/;
const PROXY = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
  .map((name) => process.env[name]).find(Boolean);
const [READ_TIMEOUT, LONGEST_WAIT] = [120, 60]; // seconds; connecting has fetch's own 10
const ERROR_TIMEOUT = 5; // seconds: Node 20 never ends an error's body whose gzip is broken
const MAX_REQUESTS = 3;
const MISSING = /model.{0,60}(not.found|not exist|unknown)|(invalid|unknown|no such) model/i;
const CUT = "the connection broke before the answer was complete";
const ADVICE = {
  "not compatible with the requested API protocol": "Claude is on /messages: use --protocol anthropic-messages, or a GPT model",
  "HTTP 401": "check the key", "HTTP 402": "no credit left: top up",
  "HTTP 403": "not allowed, or not in your plan",
  "HTTP 404": "no such model or path: --task models lists them", "HTTP 413": "request too large",
  "HTTP 429": "wait, then try again", "HTTP 503": "try again later or use another model",
};
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const parse = async (text) => JSON.parse(text);
const clean = (text) => text.replace(/[\s\p{Cc}\p{Bidi_C}]+/gu, " ").trim();
const print = (text) => new Promise((done) => process.stdout.write(text, (e) => e || done()));

const timer = setTimeout(() => fail(`no answer within ${READ_TIMEOUT} s`), READ_TIMEOUT * 1000);
process.on("SIGINT", () => process.exit(130));
process.on("uncaughtException", (e) => fail(e.message === "terminated" ? CUT : e.message));
process.stdout.on("error", (e) => {
  if (e.code === "EPIPE") process.exit();
  fail(`cannot write the answer: ${e.message}`);
});
if (!/^[!-~]+$/.test(KEY)) {
  const wrong = "AIREITER_API_KEY is not set, or holds a character that a header cannot carry";
  await fail(wrong + ": export AIREITER_API_KEY=\"your-key\"", 2);
}
if (!/^https:\/\/[\w.-]+(:\d+)?(\/[^\s?#]*)?$/.test(BASE_URL) && !LOCAL.test(BASE_URL)) {
  await fail("AIREITER_BASE_URL must be https://..., or http:// to this machine", 2);
}
if (PROXY && !LOCAL.test(BASE_URL) && !process.env.NODE_USE_ENV_PROXY) {
  const undici = await import("undici").catch(() => fail("a proxy needs npm install undici@6", 2));
  process.removeAllListeners("warning"); // undici 6 calls this agent experimental on stderr
  undici.setGlobalDispatcher(new undici.EnvHttpProxyAgent({ httpsProxy: PROXY }));
}

const { text, ending, told } = await answer(await ask());
await print(text + "\n");
if (ending && !["end_turn", "stop_sequence"].includes(ending)) {
  const cut = ["max_tokens", "model_context_window_exceeded"].includes(ending);
  say(`Warning: stop_reason is ${ending}${cut ? ": cut at the token limit" : ""}`);
}
const drawn = JSON.stringify(told).includes('"image_url"');
const instead = drawn ? ", but a picture, which this program does not save" : "";
if (!text) say(`Warning: the answer holds no text${instead}`);
const facts = ["input_tokens", "output_tokens", "task_id"]
  .filter((name) => (told[name] ?? "") !== "").map((name) => `${name}: ${told[name]}`);
if (facts.length) say(facts.join(", "));
process.exit();

function send(body) {
  return fetch(BASE_URL + "/v1/messages", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "anthropic-version": "2023-06-01",
      "Authorization": "Bearer " + KEY,
    },
    body: JSON.stringify(body),
    redirect: "manual",
  });
}

async function ask() {
  let body = BODIES[0];
  let switched = "";
  for (let tries = 1; ; tries++) {
    timer.refresh();
    const reply = await send(body).catch((error) => error);
    if (reply.status === 200 && switched) say(switched);
    if (reply.status === 200) return reply;
    const { status = 500, headers = new Headers() } = reply; // no reply counts as a broken server
    const target = headers.get("location");
    const said = Promise.race([reply.text?.() ?? "", sleep(ERROR_TIMEOUT)]).catch(() => "");
    const text = target ? `redirect to ${target} not followed` : ((await said) ?? "");
    let line = `HTTP ${status}: ${await words(text)}`;
    const problem = reply.cause ?? reply;
    if (!reply.status) line = `cannot reach ${BASE_URL} (${reason(problem)})`;
    // fetch says no more than this of a proxy that refuses.
    if (PROXY && problem.message === "Request was cancelled.") {
      await fail("the proxy refused the connection: does it ask for a user and a password?");
    }
    if (status === 404) line += ` (${body.model})`;
    const missing = MISSING.test(line) || text.includes("model_not_found");
    const instead = (status === 400 && missing) || status === 404 || status === 503;
    if (instead && body !== BODIES[1] && tries < MAX_REQUESTS) {
      body = BODIES[1];
      switched = `Warning: ${line}; asking ${body.model} instead`;
      continue;
    }
    const wait = pause(headers, tries);
    const again = /^(408|429|5..)$/.test(status) && !text.includes("insufficient_quota");
    if (again && wait > LONGEST_WAIT) await fail(`${line}; try again in ${Math.ceil(wait)} s`);
    if (!again || tries === MAX_REQUESTS) await fail(advised(line));
    await sleep(wait);
  }
}

function reason({ code, message }) {
  if (/ECONNRESET|EPIPE|UND_ERR_SOCKET/.test(code)) return "the connection broke";
  // "bad port" is fetch's own refusal of a few ports.
  return /ECONNREFUSED|bad port/.test(code ?? message) ? "connection refused" : message || code;
}

function pause(headers, tries) {
  const [ms, after] = [headers.get("retry-after-ms"), headers.get("retry-after")];
  const number = (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);
  const date = / GMT$/.test(after) ? Date.parse(after) : NaN;
  const asked = [number(ms) / 1000, number(after), (date - Date.now()) / 1000];
  return asked.find((seconds) => seconds >= 0) ?? 2 ** tries / 4;
}

async function answer(reply) {
  const json = await read(reply);
  const error = json?.error || ([json?.type, json?.object].includes("error") && json);
  if (error) await fail(await words(JSON.stringify({ error })));
  const content = json?.content ?? [];
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const text = blocks.map((block) => (block?.type === "text" && block.text) || "").join("");
  const ending = json?.stop_reason;
  const told = { ...json, ...json?.usage };
  if (!text && !ending) await fail("no answer in the response");
  return { text, ending, told };
}

async function read(reply) {
  const chunks = [];
  for await (const chunk of reply.body) {
    timer.refresh();
    chunks.push(chunk);
  }
  const page = new TextDecoder().decode(Buffer.concat(chunks));
  if (!page.trim()) await fail("HTTP 200: empty answer");
  const type = reply.headers.get("content-type") ?? "no content type";
  const excerpt = (await words(page)).slice(0, 100);
  // Node 20 takes a body in pieces for a whole one when the connection breaks.
  const cut = /^[{[]/.test(page) && !reply.headers.has("content-length");
  return parse(page).catch(() => fail(cut ? CUT : `not JSON (${type}): ${excerpt}`));
}

async function words(text) {
  const { error, detail, message } = (await parse(text).catch(() => null)) ?? {};
  const told = [error?.message, error, detail, message];
  const page = text.replace(/<(script|style)\b[^]*?(<\/\1\s*>|$)|<[^<>]*>/gi, " ");
  const said = told.find((one) => one && typeof one === "string") ?? page;
  return clean(said).slice(0, 200) || "empty answer";
}

function advised(line) {
  const mark = Object.keys(ADVICE).find((mark) => line.includes(mark));
  return mark ? `${line}; ${ADVICE[mark]}` : line;
}

function say(line) {
  const pieces = Array.from(KEY, (_, i) => KEY.slice(i, i + 8)).slice(0, -7);
  const hide = (said, piece) => said.replaceAll(piece || "\n", "***");
  console.error([KEY, ...pieces].reduce(hide, clean(line)).slice(0, 300));
}

function fail(line, code = 1) {
  say(`Error: ${line}`);
  return new Promise(() => process.stdout.write("", () => process.exit(code)));
}
