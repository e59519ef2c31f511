"""Make an image with a model on AITOLL and save it."""

import base64
import logging
import os
import re
import sys
import time
import urllib.parse
import urllib.request
from typing import Any

import httpx
from httpx_retries import Retry, RetryTransport

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "gemini-3-pro-image-preview"

logger = logging.getLogger(__name__)


class ShortRetry(Retry):
    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the server asks to wait; 0, for our own pause, if over 60 or unreadable."""
        return int(retry_after) if retry_after.isdecimal() and int(retry_after) <= 60 else 0


BUSY = [429, *range(500, 600)]
retries = ShortRetry(2, ["GET", "POST"], BUSY, [httpx.ConnectError, httpx.ConnectTimeout], backoff_factor=0.5)
base = urllib.parse.urlsplit(BASE_URL)  # httpx leaves the proxy of the environment to the transport
proxies = {} if urllib.request.proxy_bypass(base.netloc) else urllib.request.getproxies()
proxy = proxies.get(base.scheme) or proxies.get("all")
proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy
transport = RetryTransport(httpx.HTTPTransport(proxy=proxy), retries)
client = httpx.Client(timeout=httpx.Timeout(300, connect=10), transport=transport)


def generate_image(prompt: str) -> list[bytes]:
    """Return the images, as bytes, that the model makes of one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": [{"type": "text", "text": prompt}]}]
    response = client.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": False},
    )
    body: Any = response.text
    try:
        body = response.json()
        message = body["choices"][0]["message"]
        urls = image_urls(message)
    except (AttributeError, LookupError, TypeError, ValueError):  # an error, or a web page
        raise http_error(response, body) from None
    images = [download_image(url) for url in urls]
    if not images:
        raise http_error(response, f"the answer holds no image: {message}")
    if body.get("usage"):
        logger.info("Usage: %s", body["usage"])
    return images


def image_urls(message: dict[str, Any]) -> list[str]:
    """Return the URLs of the images in a message: in its parts, beside them, or in its text."""
    text = f"{message.get('content')} {message.get('images')}"
    urls = (
        re.findall(r"data:image/[\w.+-]+;base64,[\w+/=]+", text)
        or re.findall(r"(?:!\[[^]]*\]\(|url': ')(https?://[^\s)']+)", text)  # Markdown, or a part
        or re.findall(r"https?://[^\s\"')>\\]*[\w/=-]", text)
    )
    return list(dict.fromkeys(urls))  # each once


def download_image(url: str) -> bytes:
    """Return the bytes of an image at a URL or in a data URI."""
    if url.startswith("data:"):
        return base64.b64decode(url.partition(",")[2])
    response = client.get(url, follow_redirects=True)  # without the key
    if response.is_error:
        raise http_error(response, response.text)
    return response.content


def save_image(image: bytes) -> str:
    """Write an image to a new file named by its type, and return the name."""
    for start, extension in {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}.items():
        if image.startswith(start):
            with open(f"image-{time.time_ns()}.{extension}", "xb") as file:
                file.write(image)
            return file.name
    raise ValueError(f"not an image: {image[:60]!r}")


def http_error(response: httpx.Response, body: Any) -> httpx.HTTPStatusError:
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part} if part:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part] if part:
            return http_error(response, part)
    reason = " ".join(f"HTTP {response.status_code}: {body}".split())
    return httpx.HTTPStatusError(reason, request=response.request, response=response)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    try:
        for image in generate_image("A lighthouse at dusk, in watercolour."):
            print(save_image(image))
    except Exception as error:  # of the network, or of an answer in an unexpected form
        reason = str(error) or repr(error)  # some timeouts have no text
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
