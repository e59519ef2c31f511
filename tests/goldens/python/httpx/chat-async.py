"""Ask a model on AITOLL and print its answer."""

import asyncio
import logging
import os
import sys

import httpx

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

logger = logging.getLogger(__name__)
limits = httpx.Limits(max_keepalive_connections=0)  # so that each event loop opens its own
client = httpx.AsyncClient(timeout=httpx.Timeout(120, connect=10), limits=limits)


async def ask(prompt):
    """Return the model's answer to one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is not set to a key: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    request = client.build_request(
        "POST",
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": False},
    )
    response = await send(request)
    body = response.text
    try:
        body = response.json()
        choice = body["choices"][0]
        message = choice["message"]
    except (LookupError, TypeError, ValueError):  # an error, or a web page
        reason = f"HTTP {response.status_code}: {error_message(body)}"
        raise httpx.HTTPStatusError(reason, request=response.request, response=response) from None
    if choice.get("finish_reason") not in ("stop", "eos", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", choice["finish_reason"])
    logger.info("Usage: %s", body.get("usage"))
    return message.get("content") or message.get("refusal") or ""


async def send(request):
    """Send a request, and up to twice more while the gateway is busy or cannot be reached."""
    for attempt in range(3):
        delay = 2**attempt
        try:
            response = await client.send(request)
        except httpx.ConnectError:
            if attempt == 2:
                raise
        else:
            retry_after = response.headers.get("Retry-After", "")
            delay = int(retry_after) if retry_after.isdecimal() else delay
            if attempt == 2 or delay > 60 or response.status_code not in (429, 500, 502, 503, 504):
                break
        await asyncio.sleep(delay)
    return response


def error_message(body):
    """Return the server's own words, wherever they stand in the body of its reply."""
    match body:
        case [words, *_] | {"metadata": {"raw": words}} | {"error": dict(words) | str(words)}:
            return error_message(words)
        case {"message": words} | {"msg": words} | {"detail": words}:
            return error_message(words)
    return "".join(filter(str.isprintable, " ".join(str(body).split()).replace(API_KEY, "***")))[:300]


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print(asyncio.run(ask("Say hello in one short sentence.")))
    except (httpx.HTTPError, ValueError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
