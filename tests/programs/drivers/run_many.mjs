// Run many printed programs one after another in one process: a line of JSON for each comes in, and one goes out.
// A line with `typescript` asks for that program without its types instead: with blanks for them, as Node runs it, or
// written anew (`mode`: "strip-only" or "transform").
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const answer = process.stdout.write.bind(process.stdout);
const home = process.cwd();
const { info, error: log } = console;
const { appendFileSync, readFileSync } = fs;
let number = 0;
process.stdout.setMaxListeners(0);

// A process of its own would end when nothing is left to wait for. What is unzipped in a thread is not seen,
// so a program that has neither ended its last line nor failed is given two seconds more.
async function ended(before, isComplete) {
  const late = performance.now() + 2000;
  let pause = 1; // milliseconds; longer ones while a program waits, since each look takes time from the others
  for (let quiet = 0; quiet < 2; quiet += 1) {
    await sleep(pause);
    pause = Math.min(pause * 1.5, 20);
    const idle = process.getActiveResourcesInfo().length <= before;
    if (!idle || (!isComplete() && performance.now() < late)) quiet = -1;
  }
}

async function strip({ typescript, mode }) {
  try {
    const { transformSync } = await import("amaro"); // takes as long to load as Node itself
    return { code: transformSync(typescript, { mode }).code };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

// Give a program its own input, and what it writes to 1 to `print`: Node's own are those of this process.
function connect(stdin, print) {
  Object.defineProperty(process, "stdin", { value: Readable.from(stdin), configurable: true });
  fs.readFileSync = (file, ...rest) => (file === 0 ? stdin : readFileSync(file, ...rest));
  fs.appendFileSync = (file, text, ...rest) => (file === 1 ? print(text) : appendFileSync(file, text, ...rest));
  syncBuiltinESMExports();
}

// Import a program anew, as its own process would: with its environment, arguments, input and output.
async function run({ program, cwd, env, args, stdin, silent }) {
  const printed = { stdout: [], stderr: [], first: null };
  const [started, before] = [performance.now(), process.getActiveResourcesInfo().length];
  const keep = (name) => (chunk, encoding, callback) => {
    printed[name].push(Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8"));
    if (name === "stdout") printed.first ??= (performance.now() - started) / 1000;
    const done = typeof encoding === "function" ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  };
  [process.stdout.write, process.stderr.write] = [keep("stdout"), keep("stderr")];
  connect(Buffer.from(stdin, "base64"), process.stdout.write);
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv.splice(1, process.argv.length, program, ...args);
  process.exitCode = undefined;
  const failed = (error) => {
    console.error(error?.stack ?? error);
    process.exitCode = 1;
  };
  process.on("unhandledRejection", failed);
  number += 1;
  await import(`${pathToFileURL(program)}?${number}`).catch(failed);
  await new Promise((resolve) => setImmediate(resolve));
  await ended(before, () => silent || process.exitCode || printed.stdout.at(-1)?.at(-1) === 10);
  process.off("unhandledRejection", failed);
  process.stdout.removeAllListeners("error");
  Object.assign(console, { info, error: log });
  const [code, seconds] = [process.exitCode ?? 0, (performance.now() - started) / 1000];
  process.exitCode = undefined;
  process.chdir(home);
  const [stdout, stderr] = [printed.stdout, printed.stderr].map((one) => Buffer.concat(one).toString("base64"));
  return { code, seconds, stdout, stderr, first: printed.first };
}

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  answer(`${JSON.stringify(await ("typescript" in job ? strip(job) : run(job)))}\n`);
}
