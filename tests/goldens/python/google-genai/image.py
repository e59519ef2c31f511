"""Make an image with a model on AIClient-2-API and save the result."""

import logging
import os
import sys
import time

from google import genai
from google.genai import errors, types

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = os.environ.get("AICLIENT2API_BASE_URL", "http://localhost:3000").rstrip("/")
MODEL = "gemini-3.1-flash-image"

logger = logging.getLogger(__name__)


def generate_image(prompt):
    """Return the images, as bytes, that the model makes of one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    contents = [{"role": "user", "parts": [{"text": prompt}]}]
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=300_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    options.client_args = {"follow_redirects": False}
    client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options)
    config = {"response_modalities": ["TEXT", "IMAGE"]}
    response = client.models.generate_content(model=MODEL, contents=contents, config=config)
    if not response.candidates:  # an error with status 200, a web page or a blocked prompt
        raise ValueError(f"no answer: {response.model_dump_json(exclude_none=True)}")
    content = response.candidates[0].content
    parts = (content and content.parts) or []
    images = [part.inline_data.data for part in parts if part.inline_data and part.inline_data.data]
    if not images:
        raise ValueError(f"the answer holds no image: {response.candidates[0].model_dump_json(exclude_none=True)}")
    if response.usage_metadata:
        logger.info("Usage: %s", response.usage_metadata.model_dump(exclude_none=True, mode="json"))
    return images


def save_image(image):
    """Write an image to a new file named by its type, and return the name."""
    types = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}
    extension = next((types[start] for start in types if image.startswith(start)), None)
    if not extension:
        raise ValueError(f"not an image: {image[:60]!r}")
    with open(f"image-{time.time_ns()}.{extension}", "xb") as file:
        file.write(image)
    return file.name


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    try:
        for image in generate_image("A lighthouse at dusk, in watercolour."):
            print(save_image(image))
    except errors.APIError as error:
        body = error.details if isinstance(error.details, dict) else {}
        match body.get("error") or error.details:
            case {"metadata": {"raw": words}} | {"message": words} | {"msg": words} | {"detail": words} | words:
                sys.exit(f"Error: HTTP {error.code}: {words!r}".replace(API_KEY, "***")[:300])
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        sys.exit(f"Error: {error}".replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
