// Run many printed programs one after another in one process: a line of JSON for each comes in, and one goes out.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const answer = process.stdout.write.bind(process.stdout);
const home = process.cwd();
let number = 0;
process.stdout.setMaxListeners(0);

// Import a program anew, as its own process would: with its environment, arguments and output.
async function run({ program, cwd, env, args }) {
  const printed = { stdout: [], stderr: [], first: null };
  const started = performance.now();
  const keep = (name) => (chunk, encoding, callback) => {
    printed[name].push(Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8"));
    if (name === "stdout") printed.first ??= (performance.now() - started) / 1000;
    const done = typeof encoding === "function" ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  };
  [process.stdout.write, process.stderr.write] = [keep("stdout"), keep("stderr")];
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
  process.off("unhandledRejection", failed);
  process.stdout.removeAllListeners("error");
  const [code, seconds] = [process.exitCode ?? 0, (performance.now() - started) / 1000];
  process.exitCode = undefined;
  process.chdir(home);
  const [stdout, stderr] = [printed.stdout, printed.stderr].map((one) => Buffer.concat(one).toString("base64"));
  return { code, seconds, stdout, stderr, first: printed.first };
}

for await (const line of createInterface({ input: process.stdin })) {
  answer(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
}
