"""Ask a model on AITOLL about an image and print its answer."""

import logging
import os
import sys

import requests
from requests.adapters import HTTPAdapter, Retry

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "gemini-3-flash-preview"  # or "gemini-3-pro-preview"
IMAGE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII="

logger = logging.getLogger(__name__)
session = requests.Session()
session.auth = lambda request: request  # no key of a .netrc instead
retry = Retry(total=2, read=False, allowed_methods=None, backoff_factor=0.5, retry_after_max=60, raise_on_status=False)
retry.status_forcelist = {429, 500, 502, 503, 504}
session.mount(BASE_URL, HTTPAdapter(max_retries=retry))


def ask(prompt, image=IMAGE):
    """Return the model's answer to a prompt and its images."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is not set to a key: export AITOLL_API_KEY='your key'")
    image_url = image
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": prompt},
                {"type": "image_url", "image_url": {"url": image_url}},
            ],
        },
    ]
    response = session.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": False},
        timeout=(10, 120),
        allow_redirects=False,
    )
    body = response.text
    try:
        body = response.json()
        choice = body["choices"][0]
        message = choice["message"]
    except (LookupError, TypeError, ValueError):  # an error, or a web page
        reason = f"HTTP {response.status_code}: {error_message(body)}"
        raise requests.HTTPError(reason, response=response) from None
    if choice.get("finish_reason") not in ("stop", "eos", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", choice["finish_reason"])
    logger.info("Usage: %s", body.get("usage"))
    return message.get("content") or message.get("refusal") or ""


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
        print(ask("What is in this picture?"))
    except (requests.RequestException, OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
