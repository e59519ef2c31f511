"""Ask a model on AITOLL and print its answer."""

import asyncio
import contextlib
import logging
import os
import sys

import httpx

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

logger = logging.getLogger(__name__)
limits = httpx.Limits(max_keepalive_connections=0)  # a connection belongs to the event loop that opened it
client = httpx.AsyncClient(timeout=httpx.Timeout(120, connect=10), limits=limits)


async def ask(prompt):
    """Return the model's answer to one prompt."""
    if not API_KEY or not (API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    response = await post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": False},
    )
    body = response.text
    try:
        body = response.json()
        choice = body["choices"][0]
        message = choice["message"]
        content = message.get("content") or message.get("refusal") or ""
        text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    except (AttributeError, LookupError, TypeError, ValueError):  # an error, or a web page
        raise http_error(response, body) from None
    if choice.get("finish_reason") not in ("stop", "eos", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", choice["finish_reason"])
    logger.info("Usage: %s", body.get("usage") or "not reported")
    return text


async def post(url, **options):
    """Send a request; repeat it up to twice while the gateway is busy or cannot be reached."""
    for delay in (1, 2):
        with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
            response = await client.post(url, **options)
            retry_after = response.headers.get("Retry-After", "")
            delay = int(retry_after) if retry_after.isdecimal() else delay
            if response.status_code not in (429, 500, 502, 503, 504) or delay > 60:
                return response
        await asyncio.sleep(delay)
    return await client.post(url, **options)


def http_error(response, body):
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part}:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part]:
            return http_error(response, part)
    text = "".join(filter(str.isprintable, " ".join(str(body).split())))
    reason = f"HTTP {response.status_code}: {text}".replace(API_KEY, "***")[:300]
    return httpx.HTTPStatusError(reason, request=response.request, response=response)


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print(asyncio.run(ask("Say hello in one short sentence.")))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
