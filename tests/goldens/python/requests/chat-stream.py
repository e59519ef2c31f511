"""Ask a model on AITOLL and print its answer as it arrives."""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter, Retry

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

logger = logging.getLogger(__name__)


class ShortRetry(Retry):
    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the server asks to wait; 0, for our own pause, if over 60 or unreadable."""
        return int(retry_after) if retry_after.isdecimal() and int(retry_after) <= 60 else 0


BUSY = [429, *range(500, 600)]
retries = ShortRetry(2, read=False, allowed_methods=None, status_forcelist=BUSY, backoff_factor=1, raise_on_status=False)
session = requests.Session()
session.auth = lambda request: request  # a .netrc file must not replace the key
session.mount(BASE_URL, HTTPAdapter(max_retries=retries))


def stream(prompt: str) -> Iterator[str]:
    """Yield the pieces of the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    response = session.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": True},
        timeout=(10, 120),
        allow_redirects=False,
        stream=True,
    )
    if response.status_code != 200 or "event-stream" not in response.headers.get("Content-Type", "event-stream"):
        raise http_error(response, response.content.decode(errors="replace"))
    finish_reason, usage, chunk = None, None, None
    for line in response.iter_lines():
        if not line.startswith((b"data:", b"error:", b"{")):  # an error may stand on a line of its own
            continue
        data = line.decode().removeprefix("data:").removeprefix("error:").strip()
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
        raise requests.ConnectionError("the stream ended before the answer was complete")
    if finish_reason not in ("stop", "eos"):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", finish_reason)
    logger.info("Usage: %s", usage or "not reported")


def http_error(response: requests.Response, body: Any) -> requests.HTTPError:
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    with contextlib.suppress(TypeError, ValueError):  # a message already, or a web page
        body = json.loads(body)
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part} if part:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part] if part:
            return http_error(response, part)
    reason = " ".join(f"HTTP {response.status_code}: {body}".split())
    return requests.HTTPError(reason, response=response)


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for text in stream("Say hello in one short sentence."):
            print(text, end="", flush=True)
    except Exception as error:  # of the network, or of an answer in an unexpected form
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {error}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
