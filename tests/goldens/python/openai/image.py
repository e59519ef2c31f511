"""Make an image with a model on AITOLL and save it."""

import base64
import logging
import os
import re
import sys
import time
from typing import Any

import openai

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "gemini-3-pro-image-preview"

headers = {"Authorization": f"Bearer {API_KEY}"}  # and not that of OPENAI_CUSTOM_HEADERS
http = openai.DefaultHttpxClient(timeout=openai.Timeout(300, connect=10), follow_redirects=False)
client = openai.OpenAI(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
logger = logging.getLogger(__name__)


def generate_image(prompt: str) -> list[bytes]:
    """Return the images, as bytes, that the model makes of one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": prompt}]}]
    completion = client.chat.completions.create(model=MODEL, messages=messages, stream=False)
    if not getattr(completion, "choices", None) or not getattr(completion.choices[0], "message", None):
        raise openai.OpenAIError(f"no answer: {getattr(completion, 'model_extra', completion)!r}")
    message = completion.choices[0].message.model_dump(warnings=False)
    urls = image_urls(message)
    if not urls:
        raise ValueError(f"the answer holds no image: {message['content'] or message['refusal']!r}")
    images = [download_image(url) for url in urls]
    logger.info("Usage: %s", completion.usage.to_dict() if completion.usage else "not reported")
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
    return http.get(url, follow_redirects=True).raise_for_status().content  # without the key


def save_image(image: bytes) -> str:
    """Write an image to a new file named by its type, and return the name."""
    for start, extension in {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}.items():
        if image.startswith(start):
            with open(f"image-{time.time_ns()}.{extension}", "xb") as file:
                file.write(image)
            return file.name
    raise ValueError(f"not an image: {image[:60]!r}")


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    try:
        for image in generate_image("A lighthouse at dusk, in watercolour."):
            print(save_image(image))
    except Exception as error:  # the SDK does not check the form of a reply
        reason = str(getattr(error, "body", None) or error.__cause__ or error) or repr(error)
        if isinstance(error, openai.APIStatusError):
            reason = f"HTTP {error.status_code}: {' '.join(error.response.text.split())}"
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
