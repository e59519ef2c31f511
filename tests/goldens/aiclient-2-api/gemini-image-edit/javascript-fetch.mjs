// Change a picture and save the result: AIClient-2-API, with fetch.

import { mkdtemp, readdir, rm, rmdir, writeFile } from "node:fs/promises";

const MESSAGES = [
  {
    role: "user",
    parts: [
      { text: "Make the disc green." },
      {
        inlineData: {
          mimeType: "image/png",
          data: "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII=",
        },
      },
    ],
  },
];
const BODIES = [
  {
    model: "gemini-3.1-flash-image",
    contents: MESSAGES,
    generationConfig: { responseModalities: ["TEXT", "IMAGE"] },
  },
]; // the model goes into the path
const KEY = (process.env.AICLIENT2API_API_KEY ?? "").trim();
const BASE_URL = (process.env.AICLIENT2API_BASE_URL?.trim() || "http://localhost:3000")
  .replace(/\/+$/, "");
const LOCAL = /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/[^\s?#]*)?$/;
const PROXY = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
  .map((name) => process.env[name]).find(Boolean);
const [READ_TIMEOUT, LONGEST_WAIT] = [300, 60]; // seconds; connecting has fetch's own 10
const ERROR_TIMEOUT = 5; // seconds: Node 20 never ends an error's body whose gzip is broken
const MAX_REQUESTS = 3;
const KINDS = {
  png: /^\x89PNG\r\n\x1a\n/, jpeg: /^\xff\xd8\xff/, gif: /^GIF8[79]a/, webp: /^RIFF.{4}WEBP/s,
};
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

const { text, ending, told, pictures } = await answer(await ask());
if (!pictures.length) {
  const instead = text.trim() && `: ${(await words(text)).slice(0, 100)}`;
  await fail(`the answer holds no picture${instead}`);
}
const files = [];
for (const one of pictures) files.push(await decoded(one));
if (text) await print(text + "\n");
for (const file of files) await print(`${await save(file)}\n`);
if (ending && !["STOP"].includes(ending)) {
  const cut = ["MAX_TOKENS"].includes(ending);
  say(`Warning: finishReason is ${ending}${cut ? ": cut at the token limit" : ""}`);
}
const facts = ["promptTokenCount", "candidatesTokenCount", "totalTokenCount"]
  .filter((name) => (told[name] ?? "") !== "").map((name) => `${name}: ${told[name]}`);
if (facts.length) say(facts.join(", "));
process.exit();

function send({ model, ...body }) {
  const path = "/v1beta/models/" + encodeURIComponent(model) + ":generateContent";
  return fetch(BASE_URL + path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "x-goog-api-key": KEY,
    },
    body: JSON.stringify(body),
    redirect: "manual",
  });
}

async function ask() {
  let body = BODIES[0];
  for (let tries = 1; ; tries++) {
    timer.refresh();
    const reply = await send(body).catch((error) => error);
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
  const chunks = [json].flat(); // some servers answer with a list of pieces
  const failed = chunks.find((chunk) => chunk?.error || chunk?.object === "error");
  if (failed) await fail(await words(JSON.stringify(failed)));
  const candidates = chunks.flatMap((chunk) => chunk?.candidates?.[0] ?? []);
  const blocked = chunks.find((chunk) => chunk?.promptFeedback?.blockReason)?.promptFeedback;
  if (blocked && !candidates.length) await fail(`blocked: ${blocked.blockReason}`);
  const parts = candidates.flatMap((candidate) => candidate?.content?.parts ?? []);
  const text = parts.map((part) => (part?.thought ? "" : part?.text ?? "")).join("");
  const ending = candidates.map((candidate) => candidate?.finishReason).findLast(Boolean);
  const told = Object.assign({}, ...chunks.flatMap((chunk) => [chunk, chunk?.usageMetadata]));
  const shown = parts.filter((part) => !part?.thought);
  const drawn = shown.map((part) => part?.inlineData ?? part?.inline_data).filter(Boolean);
  if (!parts.length && !ending) await fail("no answer in the response");
  return { text, ending, told, pictures: drawn.map(({ data }) => String(data)) };
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
