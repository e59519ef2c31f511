"""Ask a model on AIReiter many prompts and write a line of JSON for each, in the order of the prompts."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
from tqdm.asyncio import tqdm

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")
MODEL = "claude-sonnet-4-6"  # or "claude-sonnet-4-5-20250929"
CONCURRENCY = 8  # requests at a time


async def ask(client: anthropic.AsyncAnthropic, prompt: str) -> dict[str, Any]:
    """Return the model's answer to one prompt, why it ended, and the usage."""
    messages: list[Any] = [{"role": "user", "content": prompt}]
    message = await client.messages.create(model=MODEL, messages=messages, max_tokens=4096, stream=False)
    if getattr(message, "content", None) is None:  # a web page, or an error with status 200
        raise anthropic.AnthropicError(f"no answer: {getattr(message, 'model_extra', message)!r}")
    return {
        "answer": "".join(block.text for block in message.content if block.type == "text"),
        "stop_reason": message.stop_reason,
        "usage": message.usage and message.usage.to_dict(),
        "task_id": getattr(message, "task_id", None),
    }


async def answer_all(prompts: dict[Any, str], in_order: bool) -> AsyncIterator[dict[str, Any]]:
    """Yield an answer or error for each prompt, in their order or as they come; CONCURRENCY are asked at once."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    headers: Any = {"anthropic-version": "2023-06-01", "Authorization": f"Bearer {API_KEY}", "X-Api-Key": anthropic.Omit()}
    http = anthropic.DefaultAsyncHttpxClient(timeout=anthropic.Timeout(120, connect=10), follow_redirects=False)
    client = anthropic.AsyncAnthropic(api_key=API_KEY, base_url=BASE_URL, default_headers=headers, http_client=http)
    async with client:
        limit = asyncio.Semaphore(CONCURRENCY)

        async def answer(id_: Any, prompt: str) -> dict[str, Any]:
            async with limit:
                try:
                    return {"id": id_, "prompt": prompt, **await ask(client, prompt)}
                except Exception as error:  # the SDK does not check the form of a reply
                    status = f"HTTP {error.status_code}: " if isinstance(error, anthropic.APIStatusError) else ""
                    reason = " ".join(f"{status}{getattr(error, 'body', None) or error.__cause__ or error}".split()) or repr(error)
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
