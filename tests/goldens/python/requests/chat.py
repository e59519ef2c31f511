"""Ask a model on AITOLL and print its answer."""

import logging
import os
import sys
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


def ask(prompt: str) -> str:
    """Return the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    response = session.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": False},
        timeout=(10, 120),
        allow_redirects=False,
    )
    response.encoding = "utf-8"  # as JSON is, whatever the header says
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
    logger.info("Usage: %s", body.get("usage") or "not reported")
    return text


def http_error(response: requests.Response, body: Any) -> requests.HTTPError:
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part} if part:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part] if part:
            return http_error(response, part)
    reason = " ".join(f"HTTP {response.status_code}: {body}".split())
    return requests.HTTPError(reason, response=response)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(ask("Say hello in one short sentence."))
    except Exception as error:  # of the network, or of an answer in an unexpected form
        sys.exit("".join(filter(str.isprintable, f"Error: {error}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
