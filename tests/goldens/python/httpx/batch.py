"""Ask a model on AITOLL many prompts and write a line of JSON for each, in the order of the prompts."""

import asyncio
import contextlib
import json
import logging
import os
import sys
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from httpx_retries import Retry, RetryTransport
from tqdm.asyncio import tqdm

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
CONCURRENCY = 8  # requests at a time

logger = logging.getLogger(__name__)


class ShortRetry(Retry):
    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the server asks to wait; 0, for our own pause, if over 60 or unreadable."""
        return int(retry_after) if retry_after.isdecimal() and int(retry_after) <= 60 else 0


BUSY = [429, *range(500, 600)]
retries = ShortRetry(2, ["POST"], BUSY, [httpx.ConnectError, httpx.ConnectTimeout], backoff_factor=0.5)
base = urllib.parse.urlsplit(BASE_URL)  # httpx leaves the proxy of the environment to the transport
proxies = {} if urllib.request.proxy_bypass(base.netloc) else urllib.request.getproxies()
proxy = proxies.get(base.scheme) or proxies.get("all")
proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy
limits = httpx.Limits(max_keepalive_connections=0)  # a connection belongs to the event loop that opened it
transport = RetryTransport(httpx.AsyncHTTPTransport(limits=limits, proxy=proxy), retries)
client = httpx.AsyncClient(timeout=httpx.Timeout(120, connect=10), transport=transport)


async def ask(prompt: str) -> dict[str, Any]:
    """Return the model's answer, why it ended and the usage of one prompt."""
    messages = [{"role": "user", "content": prompt}]
    response = await client.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": False},
    )
    body: Any = response.text
    try:
        body = response.json()
        choice = body["choices"][0]
        message = choice["message"]
        content = message.get("content") or message.get("refusal") or ""
        text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    except (AttributeError, LookupError, TypeError, ValueError):  # an error, or a web page
        raise http_error(response, body) from None
    if error := body.get("error") or choice.get("error"):  # beside a part of the answer
        raise http_error(response, error)
    if choice.get("finish_reason") not in ("stop", "eos", "", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", choice["finish_reason"])
    return {
        "answer": text,
        "finish_reason": choice.get("finish_reason"),
        "usage": body.get("usage"),
    }


async def answer_all(prompts: dict[Any, str], in_order: bool) -> AsyncIterator[dict[str, Any]]:
    """Yield an answer or error for each prompt, in their order or as they come; CONCURRENCY are asked at once."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    limit = asyncio.Semaphore(CONCURRENCY)

    async def answer(id_: Any, prompt: str) -> dict[str, Any]:
        async with limit:
            try:
                return {"id": id_, "prompt": prompt, **await ask(prompt)}
            except Exception as error:  # of the network, or of an answer in an unexpected form
                reason = str(error) or repr(error)
                return {"id": id_, "prompt": prompt, "error": reason.replace(API_KEY, "***")[:300]}

    tasks = [asyncio.create_task(answer(*item)) for item in prompts.items()]
    for task in tasks if in_order else asyncio.as_completed(tasks):
        yield await task


def http_error(response: httpx.Response, body: Any) -> httpx.HTTPStatusError:
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part} if part:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part] if part:
            return http_error(response, part)
    reason = " ".join(f"HTTP {response.status_code}: {body}".split())
    return httpx.HTTPStatusError(reason, request=response.request, response=response)


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
