// Continue a conversation and print the next answer: AITOLL, with fetch.

const MESSAGES = [
  { role: "system", content: "You are a patient teacher of programming." },
  { role: "user", content: "What is a race condition?" },
  {
    role: "assistant",
    content: "Two parts of a program use the same data at once and the result depends on which is faster.",
  },
  { role: "user", content: "And in one sentence, when does it matter?" },
];
const BODIES = [
  { model: "glm-4.7", messages: MESSAGES, stream: true },
  { model: "glm-5", messages: MESSAGES, stream: true },
];
const KEY = (process.env.AITOLL_API_KEY ?? "").trim();
const BASE_URL = (process.env.AITOLL_BASE_URL?.trim() || "https://aitoll.net/api/gateway/api")
  .replace(/\/+$/, "");
const LOCAL = /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/[^\s?#]*)?$/;
const PROXY = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
  .map((name) => process.env[name]).find(Boolean);
const [READ_TIMEOUT, LONGEST_WAIT] = [120, 60]; // seconds; connecting has fetch's own 10
const ERROR_TIMEOUT = 5; // seconds: Node 20 never ends an error's body whose gzip is broken
const GRACE = 2; // seconds to wait for the token counts once the answer is complete
const MAX_REQUESTS = 3;
const MISSING = /model.{0,60}(not.found|not exist|unknown)|(invalid|unknown|no such) model/i;
const CUT = "the connection broke before the answer was complete";
const ADVICE = {
  "HTTP 401": "check the key", "HTTP 402": "no credit left: top up",
  "HTTP 403": "not allowed, or not in your plan",
  "HTTP 404": "no such model or path: see the list of models", "HTTP 413": "request too large",
  "HTTP 429": "wait, then try again", "HTTP 503": "this line is down: try again later",
};
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const parse = async (text) => JSON.parse(text);
const clean = (text) => text.replace(/[\s\p{Cc}\p{Bidi_C}]+/gu, " ").trim();
const print = (text) => new Promise((done) => process.stdout.write(text, (e) => e || done()));
let [ending, ended, printed] = ["", false, false];

const timer = setTimeout(() => fail(`no answer within ${READ_TIMEOUT} s`), READ_TIMEOUT * 1000);
process.on("SIGINT", () => process.exit(130));
process.on("uncaughtException", (e) => fail(e.message === "terminated" ? CUT : e.message));
process.stdout.on("error", (e) => {
  if (e.code === "EPIPE") process.exit();
  fail(`cannot write the answer: ${e.message}`);
});
if (!/^[!-~]+$/.test(KEY)) {
  const wrong = "AITOLL_API_KEY is not set, or holds a character that a header cannot carry";
  await fail(wrong + ": export AITOLL_API_KEY=\"your-key\"", 2);
}
if (!/^https:\/\/[\w.-]+(:\d+)?(\/[^\s?#]*)?$/.test(BASE_URL) && !LOCAL.test(BASE_URL)) {
  await fail("AITOLL_BASE_URL must be https://..., or http:// to this machine", 2);
}
if (PROXY && !LOCAL.test(BASE_URL) && !process.env.NODE_USE_ENV_PROXY) {
  const undici = await import("undici").catch(() => fail("a proxy needs npm install undici@6", 2));
  process.removeAllListeners("warning"); // undici 6 calls this agent experimental on stderr
  undici.setGlobalDispatcher(new undici.EnvHttpProxyAgent({ httpsProxy: PROXY }));
}

const { text, told } = await answer(await ask());
await print("\n");
if (ending && !["stop", "eos"].includes(ending)) {
  const cut = ["length"].includes(ending);
  say(`Warning: finish_reason is ${ending}${cut ? ": cut at the token limit" : ""}`);
}
if (told.refusal) say("Warning: the model refused to answer");
if (!text) say("Warning: the answer holds no text");
const facts = ["prompt_tokens", "completion_tokens", "total_tokens"]
  .filter((name) => (told[name] ?? "") !== "").map((name) => `${name}: ${told[name]}`);
if (facts.length) say(facts.join(", "));
process.exit();

function send(body) {
  return fetch(BASE_URL + "/chat/completions", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
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
  const type = reply.headers.get("content-type") ?? "no content type";
  if (/html|json/i.test(type)) {
    await fail(`not an event stream (${type}): ${await words(await reply.text())}`);
  }
  const told = {};
  let said = "";
  for await (const [failed, data] of events(reply)) {
    if (failed) await fail(await words(data));
    if (data.trim() === "[DONE]") {
      ending ||= "stop";
      break;
    }
    const event = await parse(data).catch(() => !ended && fail("unreadable event in the stream"));
    const choice = event?.choices?.[0];
    const error = event?.error || choice?.error || (event?.object === "error" && event);
    if (error) await fail(await words(JSON.stringify({ error })));
    const refusal = choice?.delta?.refusal;
    const parts = [choice?.delta?.content, refusal].flat();
    const text = parts.map((part) => part?.text ?? (typeof part === "string" ? part : "")).join("");
    ending = choice?.finish_reason || ending;
    Object.assign(told, event, event?.usage, refusal && { refusal });
    const last = ending && told.usage;
    process.stdout.write(text);
    printed ||= text !== "";
    said += text;
    if (last) break;
  }
  if (!ending) await fail("the stream ended before the answer was complete");
  return { text: said, told };
}

async function* events(reply) {
  const [reader, decoder] = [reply.body.getReader(), new TextDecoder()];
  for (let rest = ""; !ended; ) {
    // A broken connection is an end too: only the last event tells whether the answer is whole.
    const { done, value } = await reader.read().catch(() => ({ done: true }));
    timer.refresh();
    ended = done;
    const text = rest + (done ? "\n\n" : decoder.decode(value, { stream: true }));
    const blocks = text.replace(/\r\n|(?<=\r)\r|\r(?!$)/g, "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = Array.from(block.matchAll(/(?:^|\n)data: ?([^\n]*)/g), ([, value]) => value);
      if (data.join("")) yield [/(?:^|\n)event: ?error\s*(?:\n|$)/.test(block), data.join("\n")];
    }
    if (ending) setTimeout(() => reader.cancel().catch(() => {}), GRACE * 1000);
  }
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
  if (printed) process.stdout.write("\n");
  say(`Error: ${line}`);
  return new Promise(() => process.stdout.write("", () => process.exit(code)));
}
