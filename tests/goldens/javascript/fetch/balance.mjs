// Print the credits that are left at AIReiter.
import { realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const API_KEY = process.env.AIREITER_API_KEY;
const BASE_URL = process.env.AIREITER_BASE_URL || "https://aireiter.com/api";


export async function getBalance() {
  const body = await get("/openapi/balance");
  const balance = body?.data?.credits ?? body?.data?.balance;
  if (balance === undefined) throw new Error(`no balance: ${errorMessage(body)}`);
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
  const seconds = isNaN(after) ? (new Date(after) - Date.now()) / 1000 : Number(after);
  const busy = !response || response.status === 429 || response.status >= 500;
  if (busy && retries > 0 && seconds <= 60) {
    await sleep(seconds * 1000);
    return get(path, retries - 1);
  }
  const problem = await response.clone().json().catch(() => response.text()); // HTML of a proxy
  throw new Error(`HTTP ${response.status}: ${errorMessage(problem)}`, { cause: response });
}

// The server's own words.
function errorMessage(body) {
  const error = body?.error ?? body?.[0]?.error ?? body;
  const words = error?.metadata?.raw ?? error?.message ?? error?.msg ?? error?.detail ?? error;
  return (typeof words === "string" ? words : JSON.stringify(words)).slice(0, 300);
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    console.log(await getBalance());
  } catch (error) {
    const message = API_KEY ? error.message.replaceAll(API_KEY, "***") : error.message;
    console.error("Error:", message.replace(/[\s\p{Cc}]+/gu, " "), error.cause?.code ?? "");
    process.exitCode = 1;
  }
}
