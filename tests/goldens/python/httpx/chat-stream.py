"""Ask a model on AITOLL and print its answer as it arrives."""

import contextlib
import json
import logging
import os
import sys
import time

import httpx
from httpx_sse import EventSource

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

logger = logging.getLogger(__name__)
client = httpx.Client(timeout=httpx.Timeout(120, connect=10))


def stream(prompt):
    """Yield the pieces of the model's answer to one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is not set to a key: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    request = client.build_request(
        "POST",
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": True},
    )
    response = send(request)
    if response.status_code != 200 or "event-stream" not in response.headers.get("Content-Type", ""):
        response.read()
        reason = f"HTTP {response.status_code}: {error_message(response.text)}"
        raise httpx.HTTPStatusError(reason, request=response.request, response=response)
    finish_reason, usage = None, {}
    for sse in EventSource(response).iter_sse():
        if sse.data == "[DONE]":
            finish_reason = finish_reason or "stop"
            break
        chunk = json.loads(sse.data or "{}")
        if chunk.get("error"):
            raise httpx.HTTPStatusError(error_message(chunk), request=response.request, response=response)
        for choice in chunk.get("choices") or []:
            delta = choice.get("delta") or {}
            yield delta.get("content") or delta.get("refusal") or ""
            finish_reason = choice.get("finish_reason") or finish_reason
        usage = chunk.get("usage") or usage
    if not finish_reason:
        raise httpx.RemoteProtocolError("the stream ended before the answer was complete")
    if finish_reason not in ("stop", "eos"):
        logger.warning("\nWarning: the answer is incomplete: finish_reason is %s", finish_reason)
    logger.info("\nUsage: %s", usage or "not reported")


def send(request):
    """Send a request, and up to twice more while the gateway is busy or cannot be reached."""
    for attempt in range(3):
        delay = 2**attempt
        try:
            response = client.send(request, stream=True)
        except httpx.ConnectError:
            if attempt == 2:
                raise
        else:
            retry_after = response.headers.get("Retry-After", "")
            delay = int(retry_after) if retry_after.isdecimal() else delay
            if attempt == 2 or delay > 60 or response.status_code not in (429, 500, 502, 503, 504):
                break
            response.close()
        time.sleep(delay)
    return response


def error_message(body):
    """Return the server's own words, wherever they stand in the body of its reply."""
    with contextlib.suppress(TypeError, ValueError):  # of what is no JSON text
        body = json.loads(body)
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
        for text in stream("Say hello in one short sentence."):
            print(text, end="", flush=True)
    except (httpx.HTTPError, ValueError) as error:
        sys.exit(f"\nError: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
