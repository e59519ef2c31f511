// Print the credits that are left at AIReiter.
import { realpathSync } from "node:fs";

const API_KEY = process.env.AIREITER_API_KEY;
const BASE_URL = process.env.AIREITER_BASE_URL || "https://aireiter.com/api";


export async function getBalance() {
  const body = await get("/openapi/balance");
  const balance = body?.data?.credits ?? body?.data?.balance;
  if (balance === undefined) throw new Error(`no balance: ${errorText(body)}`);
  return balance;
}

async function get(path, retries = 2) {
  if (!API_KEY) throw new Error("AIREITER_API_KEY is not set: export AIREITER_API_KEY=...");
  const response = await fetch(BASE_URL + path, {
    headers: { Authorization: `Bearer ${API_KEY}` },
    redirect: "manual",
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    if (retries === 0 || !error.cause?.code?.startsWith("E")) throw error; // such as ECONNREFUSED
  });
  if (response?.ok) return response.json();
  const after = response?.headers.get("retry-after") ?? 2; // seconds or a date
  const seconds = isNaN(after) ? (Date.parse(after) - Date.now()) / 1000 : after;
  const isBusy = !response || response.status === 429 || response.status >= 500;
  if (!isBusy || retries === 0 || !(seconds <= 60)) {
    const problem = await response.clone().json().catch(() => response.text()); // HTML of a proxy
    throw new Error(`HTTP ${response.status}: ${errorText(problem)}`, { cause: response });
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return get(path, retries - 1);
}

// The server's own message.
function errorText(body) {
  const error = body?.error ?? body?.[0]?.error ?? body;
  const message = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  return typeof message === "string" ? message : JSON.stringify(message);
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    console.log(await getBalance());
  } catch (error) {
    const text = `${error.message} ${error.cause?.code ?? ""}`.replaceAll(API_KEY || "\0", "***");
    console.error("Error:", text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300));
    process.exitCode = 1;
  }
}
