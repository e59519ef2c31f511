// Import the program that was printed, call its function, and write what happened to result.json.
import { writeFileSync } from "node:fs";

const result = { results: [], changed: [] };
const before = JSON.stringify(process.env);
process.argv[1] = "no-such-file"; // as an argument of `node -e` may be

async function call(module) {
  const named = module.ask ?? module.stream ?? module.generateImage ?? module.listModels ?? module.getBalance ?? module.default;
  if (!named) throw new Error(`no function is exported, only ${Object.keys(module)}`);
  try {
    const value = await named(JSON.parse(process.env.ARGUMENT));
    if (!value?.[Symbol.asyncIterator]) return { value };
    let text = "";
    for await (const piece of value) text += piece;
    return { value: text };
  } catch (error) {
    return { error: `${error.status ?? error.statusCode ?? ""} ${error.message} ${error.responseBody ?? ""}`, kinds: [error.name, error.constructor.name] };
  }
}

try {
  const module = await import("./printed.mjs");
  for (let number = 0; number < Number(process.env.CALLS); number += 1) result.results.push(await call(module));
} catch (error) {
  result.fault = String(error);
}
if (JSON.stringify(process.env) !== before) result.changed.push("it changes the environment");
if (process.exitCode) result.fault ??= `it sets the exit code ${process.exitCode}`;
writeFileSync("result.json", JSON.stringify(result));
