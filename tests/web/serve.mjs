// Serves the route handlers of a folder on loopback: a page at /NAME is answered by NAME.ts.
// Prints the port once it listens.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { transformSync } from "esbuild";

async function handler(name) {
  const source = readFileSync(join(process.argv[2], `${name}.ts`), "utf8");
  const { code } = transformSync(source, { loader: "ts", format: "esm" });
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)).POST;
}

const server = createServer(async (asked, reply) => {
  const address = new URL(asked.headers.referer);
  const post = await handler(address.pathname.slice(1));
  const request = new Request(new URL(asked.url, address), { method: "POST", body: await text(asked) });
  const { status, headers, body } = await post(request);
  reply.writeHead(status, Object.fromEntries(headers));
  for await (const piece of body) reply.write(piece);
  reply.end();
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
