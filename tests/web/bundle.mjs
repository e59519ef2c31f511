// Bundles every page of a folder for a browser, with the packages of $1: NAME.tsx becomes NAME.mount.js.
// With a third word the page is also rendered once without a browser, into NAME.html.
import { readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const [modules, folder] = process.argv.slice(2, 4).map((one) => resolve(one));
const pages = readdirSync(folder).filter((file) => file.endsWith(".tsx"));
const shared = {
  bundle: true,
  jsx: "automatic",
  nodePaths: [modules],
  define: { "process.env.NODE_ENV": '"production"' },
  outdir: folder,
  logLevel: "warning",
};
const entry = (file, code) => {
  const name = join(folder, file.replace(".tsx", `.${code.kind}.jsx`));
  writeFileSync(name, `import Page from "./${file}";\n${code.text}`);
  return name;
};
const mount = {
  kind: "mount",
  text: 'import { createRoot } from "react-dom/client";\ncreateRoot(document.getElementById("root")).render(<Page />);\n',
};
const still = {
  kind: "still",
  text: 'import { renderToString } from "react-dom/server";\nexport const html = renderToString(<Page />);\n',
};
await build({ ...shared, entryPoints: pages.map((file) => entry(file, mount)) });
if (process.argv[4]) await show();

async function show() {
  const entryPoints = pages.map((file) => entry(file, still));
  await build({ ...shared, entryPoints, platform: "node", format: "cjs", outExtension: { ".js": ".cjs" } });
  const load = createRequire(import.meta.url);
  for (const file of pages) {
    const name = join(folder, file.replace(".tsx", ""));
    writeFileSync(`${name}.html`, load(`${name}.still.cjs`).html);
  }
}
