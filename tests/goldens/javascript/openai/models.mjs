// List the models of AIReiter.
import { existsSync, realpathSync } from "node:fs";
import OpenAI from "openai";

const API_KEY = process.env.AIREITER_API_KEY?.trim();
const BASE_URL = (process.env.AIREITER_BASE_URL || "https://aireiter.com/api").replace(/\/+$/, "");

const client = new OpenAI({
  apiKey: API_KEY || "none",
  baseURL: `${BASE_URL}/v1`,
  defaultHeaders: { Authorization: `Bearer ${API_KEY}`, "OpenAI-Organization": null, "OpenAI-Project": null },
  timeout: 120_000,
  fetchOptions: { redirect: "manual" },
});

const RECOMMENDED = [
  "claude-haiku-4-5-20251001",
  "claude-sonnet-4-6",
  "claude-sonnet-4-5-20250929",
  "claude-opus-4-6",
  "gpt-5.5",
  "gpt-5.6-terra",
  "gpt-5.6-sol",
  "gpt_image_2",
  "nano_banana",
];

export async function listModels() {
  if (!API_KEY || /[^ -~]/.test(API_KEY)) throw new Error("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY=...");
  const page = await client.models.list();
  if (!page.data?.length) throw new Error(`no list of models: ${JSON.stringify(page.body)}`);
  return page.data.map((model) => model.id);
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === import.meta.filename) { // run, not imported
  const show = (id) => console.log(RECOMMENDED.includes(id) ? `${id} (recommended)` : id);
  listModels().then((ids) => ids.forEach(show)).catch((error) => {
    const reason = [error.message, error.error?.metadata?.raw, error.cause?.cause?.code].join(" ").trim();
    console.error("Error:", reason.replaceAll(API_KEY || "\0", "***").replace(/\p{Cc}+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  });
}
