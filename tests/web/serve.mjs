// Serves the pages of a folder on loopback, NAME.mount.js at /NAME, which NAME.ts answers.
// Prints the port once it listens.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { transformSync } from "esbuild";

async function handler(name) {
  const source = readFileSync(join(process.argv[2], `${name}.ts`), "utf8");
  const { code } = transformSync(source, { loader: "ts", format: "esm" });
  const file = join(process.argv[2], `${name}.route.mjs`); // where the packages of the folder are found
  writeFileSync(file, code);
  return (await import(pathToFileURL(file))).POST;
}

function page(name) {
  const script = readFileSync(join(process.argv[2], `${name}.mount.js`), "utf8").replaceAll("</script", "<\\/script");
  return `<!doctype html><meta charset="utf-8"><title>Chat</title><div id="root"></div><script>${script}</script>`;
}

const server = createServer(async (asked, reply) => {
  const name = asked.url.slice(1);
  if (asked.method === "GET" && existsSync(join(process.argv[2], `${name}.mount.js`))) {
    reply.writeHead(200, { "Content-Type": "text/html" });
    return reply.end(page(name));
  }
  if (asked.method === "GET") return reply.writeHead(404).end();
  const address = new URL(asked.headers.referer);
  const post = await handler(address.pathname.slice(1));
  const request = new Request(new URL(asked.url, address), { method: "POST", body: await text(asked) });
  const { status, headers, body } = await post(request);
  reply.writeHead(status, Object.fromEntries(headers));
  for await (const piece of body) reply.write(piece);
  reply.end();
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
