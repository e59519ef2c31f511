"""Make an image with a model on AIClient-2-API and save it."""

import logging
import os
import sys
import time
from typing import Any

from google import genai
from google.genai import types

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = (os.environ.get("AICLIENT2API_BASE_URL") or "http://localhost:3000").rstrip("/")
MODEL = "gemini-3.1-flash-image"

logger = logging.getLogger(__name__)


def generate_image(prompt: str) -> list[bytes]:
    """Return the images, as bytes, that the model makes of one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=300_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    options.client_args = {"follow_redirects": False}
    client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options)  # GOOGLE_GENAI_USE_VERTEXAI may be set
    config: Any = {"response_modalities": ["TEXT", "IMAGE"]}
    response = client.models.generate_content(model=MODEL, contents=prompt, config=config)
    if not response.candidates:  # a web page, an error with status 200, or a blocked prompt
        raise ValueError(f"no answer: {response.to_json_dict().get('prompt_feedback', 'an error or a web page')}")
    drawn = [part.inline_data for part in response.parts or [] if part.inline_data and not part.thought]
    images = [image.data for image in drawn if image.data]
    if not images:
        raise ValueError(f"no image: {response.candidates[0].to_json_dict()}")
    logger.info("Usage: %s", response.to_json_dict().get("usage_metadata", "not reported"))
    return images


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
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        reason = str(error) or repr(error)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
