// Make a picture from a text and save it: AIClient-2-API, with the OpenAI library.

import { mkdtemp, readdir, rm, rmdir, writeFile } from "node:fs/promises";

const BODIES = [
  { model: "gpt-image-2", prompt: "A lighthouse at dusk, in watercolour.", n: 2 },
  { model: "gemini-3.1-flash-image", prompt: "A lighthouse at dusk, in watercolour.", n: 2 },
];
const KEY = (process.env.AICLIENT2API_API_KEY ?? "").trim();
const BASE_URL = (process.env.AICLIENT2API_BASE_URL?.trim() || "http://localhost:3000")
  .replace(/\/+$/, "");
const LOCAL = /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/[^\s?#]*)?$/;
const PROXY = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
  .map((name) => process.env[name]).find(Boolean);
const [READ_TIMEOUT, LONGEST_WAIT] = [300, 60]; // seconds; connecting has fetch's own 10
const ERROR_TIMEOUT = 5; // seconds: Node 20 never ends an error's body whose gzip is broken
const MAX_REQUESTS = 3;
const MAX_DOWNLOAD = 50 * 2 ** 20; // bytes
const KINDS = {
  png: /^\x89PNG\r\n\x1a\n/, jpeg: /^\xff\xd8\xff/, gif: /^GIF8[79]a/, webp: /^RIFF.{4}WEBP/s,
};
const MISSING = /model.{0,60}(not.found|not exist|unknown)|(invalid|unknown|no such) model/i;
const CUT = "the connection broke before the answer was complete";
const ADVICE = {
  "HTTP 401": "the key must be the REQUIRED_API_KEY of your server",
  "HTTP 402": "no credit left: top up", "HTTP 403": "not allowed, or not in your plan",
  "HTTP 404": "no such model or path: is the server AIClient-2-API?",
  "HTTP 413": "request too large: 10 MB is the limit", "HTTP 429": "wait, then try again",
  "HTTP 503": "try again later or use another model",
};
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const parse = async (text) => JSON.parse(text);
const clean = (text) => text.replace(/[\s\p{Cc}\p{Bidi_C}]+/gu, " ").trim();
const print = (text) => new Promise((done) => process.stdout.write(text, (e) => e || done()));
const missing = "a package is missing: npm install \"openai@>=4\"";
const { default: OpenAI } = await import("openai").catch(() => fail(missing, 2));

const timer = setTimeout(() => fail(`no answer within ${READ_TIMEOUT} s`), READ_TIMEOUT * 1000);
process.on("SIGINT", () => process.exit(130));
process.on("uncaughtException", (e) => fail(e.message === "terminated" ? CUT : e.message));
process.stdout.on("error", (e) => {
  if (e.code === "EPIPE") process.exit();
  fail(`cannot write the answer: ${e.message}`);
});
if (!/^[!-~]+$/.test(KEY)) {
  const wrong = "AICLIENT2API_API_KEY is not set, or holds a character that a header cannot carry";
  await fail(wrong + ": export AICLIENT2API_API_KEY=\"your-key\"", 2);
}
if (!/^https:\/\/[\w.-]+(:\d+)?(\/[^\s?#]*)?$/.test(BASE_URL) && !LOCAL.test(BASE_URL)) {
  await fail("AICLIENT2API_BASE_URL must be https://..., or http:// to this machine", 2);
}
if (PROXY && !LOCAL.test(BASE_URL) && !process.env.NODE_USE_ENV_PROXY) {
  const undici = await import("undici").catch(() => fail("a proxy needs npm install undici@6", 2));
  process.removeAllListeners("warning"); // undici 6 calls this agent experimental on stderr
  undici.setGlobalDispatcher(new undici.EnvHttpProxyAgent({ httpsProxy: PROXY }));
}
// Before anything is paid for: can a picture be saved here?
const unwritable = (error) => fail(`the current folder cannot be written: ${cause(error)}`, 2);
await mkdtemp("image-").then(rmdir).catch(unwritable);

// OPENAI_* in the environment is meant for another server.
for (const name in process.env) if (name.startsWith("OPENAI_")) delete process.env[name];
const client = new OpenAI({
  apiKey: KEY,
  baseURL: BASE_URL + "/v1",
  maxRetries: 0, // ask() knows what may be asked again
  logLevel: "off",
  async fetch(url, options) {
    const reply = await fetch(url, { ...options, redirect: "manual" });
    refused = reply.ok ? null : reply; // its errors drop a part of what the server says
    return refused ? new Response("", { status: 400 }) : reply;
  },
});
let refused;

const { told, pictures } = await answer(await ask());
if (!pictures.length) await fail("the answer holds no picture");
const files = [];
for (const one of pictures) files.push(await fetched(one));
for (const file of files) await print(`${await save(file)}\n`);
const facts = ["input_tokens", "output_tokens", "total_tokens"]
  .filter((name) => (told[name] ?? "") !== "").map((name) => `${name}: ${told[name]}`);
if (facts.length) say(facts.join(", "));
process.exit();

function send(body) {
  const request = client.images.generate(body);
  return request.asResponse().catch((error) => (error.status ? refused : (error.cause ?? error)));
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
  if (json?.error) await fail(await words(JSON.stringify(json)));
  const pictures = [json?.data ?? []].flat().map((one) => one?.b64_json ?? one?.url);
  const told = { ...json, ...json?.usage };
  return { told, pictures: pictures.filter((one) => typeof one === "string") };
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

async function fetched(address) {
  const inline = address.match(/^data:([^,]*;base64,)?([^]*)$/i);
  if (inline) return decoded(inline[1] ? inline[2] : "");
  if (!/^https?:/i.test(address)) return decoded(address);
  const wrong = (why) => fail(`the picture cannot be fetched (${why}): ${address}`);
  // Only https, or this machine: without the key, and to no other place than the one named.
  const { protocol, hostname } = URL.canParse(address) ? new URL(address) : {};
  const local = protocol === "http:" && /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
  if (protocol !== "https:" && !local) await wrong("not https");
  timer.refresh();
  const download = async () => {
    const reply = await fetch(address, { redirect: "manual" });
    if (reply.status !== 200) await wrong(`HTTP ${reply.status}`);
    const chunks = [];
    let size = 0;
    for await (const chunk of reply.body) {
      timer.refresh();
      size += chunk.length;
      if (size > MAX_DOWNLOAD) await wrong("larger than 50 MB");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  return known(await download().catch((error) => wrong(reason(error.cause ?? error))));
}

function decoded(base64) {
  const text = base64.replace(/\s+/g, "");
  const strict = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return known(Buffer.from(strict ? text : "", "base64"));
}

async function known(data) {
  return kind(data) ? data : fail("unreadable image data");
}

function kind(data) {
  const head = data.subarray(0, 12).toString("latin1");
  return Object.keys(KINDS).find((name) => KINDS[name].test(head));
}

// "ENOENT: no such file or directory, open 'x'" is "No such file or directory" to a reader.
function cause({ message }) {
  const said = message.match(/^[A-Z]+: ([^,]+)/)?.[1];
  return said ? said[0].toUpperCase() + said.slice(1) : message;
}

async function save(data) {
  const names = await readdir(".").catch(() => []);
  const taken = new Set(names.map((name) => name.match(/^image-(\d+)\./)?.[1]));
  for (let number = 1; ; number++) {
    if (taken.has(String(number))) continue;
    const name = `image-${number}.${kind(data).replace("jpeg", "jpg")}`;
    const error = await writeFile(name, data, { flag: "wx" }).catch((error) => error);
    if (!error) return name;
    if (error.code === "EEXIST") continue; // another program was faster
    await rm(name, { force: true }).catch(() => {});
    await fail(`${name} cannot be written: ${cause(error)}; run the program again`);
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
  say(`Error: ${line}`);
  return new Promise(() => process.stdout.write("", () => process.exit(code)));
}
