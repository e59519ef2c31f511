"""Ask a model on AIClient-2-API many prompts and write a line of JSON for each, in the order of the prompts."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from google import genai
from google.genai import types
from google.genai.client import AsyncClient
from tqdm.asyncio import tqdm

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = (os.environ.get("AICLIENT2API_BASE_URL") or "http://localhost:3000").rstrip("/")
MODEL = "gemini-2.5-flash"  # or "gemini-3-flash-preview"
CONCURRENCY = 8  # requests at a time


async def ask(client: AsyncClient, prompt: str) -> dict[str, Any]:
    """Return the model's answer to one prompt, why it ended, and the usage."""
    contents: list[Any] = [{"role": "user", "parts": [{"text": prompt}]}]
    response = await client.models.generate_content(model=MODEL, contents=contents)
    if not response.candidates:  # a web page, an error with status 200, or a blocked prompt
        raise ValueError(f"no answer: {response.to_json_dict().get('prompt_feedback', 'an error or a web page')}")
    return {
        "answer": response.text or "",
        "finish_reason": response.candidates[0].finish_reason,
        "usage": response.to_json_dict().get("usage_metadata"),
    }


async def answer_all(prompts: dict[Any, str], in_order: bool) -> AsyncIterator[dict[str, Any]]:
    """Yield an answer or error for each prompt, in their order or as they come; CONCURRENCY are asked at once."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    async with httpx.AsyncClient(follow_redirects=False) as http_client:
        options.httpx_async_client = http_client
        client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options).aio
        limit = asyncio.Semaphore(CONCURRENCY)

        async def answer(id_: Any, prompt: str) -> dict[str, Any]:
            async with limit:
                try:
                    return {"id": id_, "prompt": prompt, **await ask(client, prompt)}
                except Exception as error:  # the SDK lets the errors of its HTTP library through
                    reason = str(error) or repr(error)
                    return {"id": id_, "prompt": prompt, "error": reason.replace(API_KEY, "***")[:300]}

        tasks = [asyncio.create_task(answer(*item)) for item in prompts.items()]
        for task in tasks if in_order else asyncio.as_completed(tasks):
            yield await task


def read_prompts(text: str) -> dict[Any, str]:
    """Return the prompts by id, from lines of text, whose id is their number, or of JSON with prompt and id."""
    prompts: dict[Any, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        try:
            entry = {"id": number, **(json.loads(line) if line.startswith("{") else {"prompt": line.strip()})}
            if entry["id"] in prompts:
                raise ValueError(f"the id {entry['id']!r} is there twice")
            if entry["prompt"]:
                prompts[entry["id"]] = entry["prompt"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} of the prompts: {error!r}") from error
    return prompts


def write_results(path: str, prompts: dict[Any, str], results: dict[Any, dict[str, Any]]) -> None:
    """Write the results in the order of the prompts; the old file stays until the new one is whole."""
    lines = [json.dumps(results[id_], ensure_ascii=False) + "\n" for id_ in prompts | results if id_ in results]
    Path(f"{path}.new").write_text("".join(lines), encoding="utf-8", errors="replace")
    Path(f"{path}.new").replace(path)


async def answer_file(source: str, target: str) -> None:
    """Answer the prompts of a file that have no answer in the file of results yet."""
    prompts = read_prompts(sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8"))
    is_file = target != "-" and (Path(target).is_file() or not Path(target).exists())
    text = Path(target).read_text(encoding="utf-8", errors="replace") if Path(target).is_file() else ""
    try:
        *lines, cut = text.split("\n")  # the last line may be that of a run that was killed
        if not '{"id": '.startswith(cut[:7]):
            raise ValueError(f"its last line is {cut[:50]!r}")
        answered = [json.loads(line) for line in lines if line]
        results = {result["id"]: result for result in answered if "error" not in result and result["answer"] is not None}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{target} holds no results of a batch: {error!r}") from error
    missing = {id_: prompt for id_, prompt in prompts.items() if results.get(id_, {}).get("prompt") != prompt}
    if is_file:
        write_results(target, prompts, results)
    options: Any = {"encoding": "utf-8", "errors": "replace"}  # an answer may hold half a character
    with contextlib.nullcontext(sys.stdout) if target == "-" else open(target, "a", **options) as file:
        async for result in tqdm(answer_all(missing, in_order=not is_file), total=len(missing), disable=None):
            print(json.dumps(result, ensure_ascii=False), file=file, flush=True)
            results[result["id"]] = result
    if is_file:
        write_results(target, prompts, results)
    if failed := sum("error" in result for result in results.values()):
        raise ValueError(f"{failed} prompts failed; the next run asks them again")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    if len(sys.argv) != 3:
        sys.exit(f"Usage: python3 {sys.argv[0]} prompts.txt results.jsonl  (- for stdin or stdout)")
    try:
        asyncio.run(answer_file(*sys.argv[1:]))
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
