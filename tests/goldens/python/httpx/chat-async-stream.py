"""Ask a model on AITOLL and print its answer as it arrives."""

import asyncio
import contextlib
import json
import logging
import os
import sys
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import httpx
from httpx_retries import Retry, RetryTransport
from httpx_sse import EventSource

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

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


async def stream(prompt: str) -> AsyncIterator[str]:
    """Yield the pieces of the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    request = client.build_request(
        "POST",
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": True},
    )
    response = await client.send(request, stream=True)
    if response.status_code != 200 or "event-stream" not in response.headers.get("Content-Type", ""):
        await response.aread()
        raise http_error(response, response.text)
    finish_reason, usage, chunk = None, None, None
    async for sse in EventSource(response).aiter_sse():
        data = sse.data.strip()
        if not data:  # a sign of life
            continue
        if data == "[DONE]":
            finish_reason = finish_reason or (chunk and "stop")  # some models send none
            break
        chunk = json.loads(data) if data.startswith("{") else {"message": data}  # text is an error
        fields = ("error",) if chunk.get("choices") else ("error", "errors", "message", "msg", "detail", "error_msg")
        if any(chunk.get(name) for name in fields):
            raise http_error(response, data)
        for choice in filter(None, chunk.get("choices") or []):
            delta = choice.get("delta") or {}
            content = delta.get("content") or delta.get("refusal") or ""
            yield content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
            finish_reason = choice.get("finish_reason") or finish_reason
        usage = chunk.get("usage") or usage
    if not finish_reason:
        raise httpx.RemoteProtocolError("the stream ended before the answer was complete")
    if finish_reason not in ("stop", "eos"):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", finish_reason)
    logger.info("Usage: %s", usage or "not reported")


def http_error(response: httpx.Response, body: Any) -> httpx.HTTPStatusError:
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    with contextlib.suppress(TypeError, ValueError):  # a message already, or a web page
        body = json.loads(body)
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part} if part:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part] if part:
            return http_error(response, part)
    reason = " ".join(f"HTTP {response.status_code}: {body}".split())
    return httpx.HTTPStatusError(reason, request=response.request, response=response)


async def main() -> None:
    async for text in stream("Say hello in one short sentence."):
        print(text, end="", flush=True)


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        asyncio.run(main())
    except Exception as error:  # of the network, or of an answer in an unexpected form
        reason = str(error) or repr(error)  # some timeouts have no text
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
