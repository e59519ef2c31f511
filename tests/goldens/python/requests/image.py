"""Make an image with a model on AITOLL and save it."""

import base64
import logging
import os
import re
import sys
import time

import requests
from requests.adapters import HTTPAdapter, Retry

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "gemini-3-pro-image-preview"

logger = logging.getLogger(__name__)
session = requests.Session()
session.auth = lambda request: request  # no key of a .netrc instead
retry = Retry(total=2, read=False, allowed_methods=None, backoff_factor=0.5, retry_after_max=60, raise_on_status=False)
retry.status_forcelist = {429, 500, 502, 503, 504}
session.mount(BASE_URL, HTTPAdapter(max_retries=retry))


def generate_image(prompt):
    """Return the images, as bytes, that the model makes of one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is not set to a key: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": [{"type": "text", "text": prompt}]}]
    response = session.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": False},
        timeout=(10, 300),
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
    images = [image_bytes(url) for url in image_urls(message)]
    if not images:
        raise ValueError(f"the answer holds no image: {error_message(message.get('content'))}")
    for result in images:
        detect_type(result)  # raises ValueError for what is no image
    logger.info("Usage: %s", body.get("usage"))
    return images


def image_urls(message):
    """Return the addresses of the images in a message: in its parts, beside them, or in its text."""
    content = message.get("content") or ""
    parts = (content if isinstance(content, list) else []) + (message.get("images") or [])
    urls = [part["image_url"]["url"] for part in parts if part.get("image_url")]
    return urls or re.findall(r"data:image/[\w.+-]+;base64,[\w+/=]+|https?://[^\s\"')>]+", str(content))


def image_bytes(url):
    """Return the image of a data URI or of an address."""
    if url.startswith("data:"):
        return base64.b64decode(url.partition(",")[2])
    response = session.get(url, timeout=(10, 300))  # without the key
    response.raise_for_status()
    return response.content


def detect_type(image):
    """Return the file extension of an image, by its first bytes."""
    types = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp"}
    for start, extension in types.items():
        if image.startswith(start):
            return extension
    raise ValueError(f"this is no image: {image[:40]!r}")


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
    try:
        images = generate_image("A lighthouse at dusk, in watercolour.")
        for number, image in enumerate(images, 1):
            name = time.strftime(f"image-%Y%m%d-%H%M%S-{number}.{detect_type(image)}")
            with open(name, "xb") as file:
                file.write(image)
            print(name)
    except (requests.RequestException, OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
