"""Ask a model on AIClient-2-API and print its answer."""

import asyncio
import logging
import os
import sys

from google import genai
from google.genai import errors, types

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = os.environ.get("AICLIENT2API_BASE_URL", "http://localhost:3000").rstrip("/")
MODEL = "gemini-2.5-flash"  # or "gemini-3-flash-preview"

logger = logging.getLogger(__name__)


async def ask(prompt):
    """Return the model's answer to one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    contents = [{"role": "user", "parts": [{"text": prompt}]}]
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    options.async_client_args = {"follow_redirects": False, "allow_redirects": False}  # as httpx and aiohttp call it
    async with genai.Client(api_key=API_KEY, vertexai=False, http_options=options).aio as client:
        response = await client.models.generate_content(model=MODEL, contents=contents)
        if not response.candidates:  # an error with status 200, a web page or a blocked prompt
            raise ValueError(f"no answer: {response.model_dump_json(exclude_none=True)}")
        candidate = response.candidates[0]
        if candidate.finish_reason not in ("STOP", None):
            logger.warning("Warning: the answer is incomplete: finishReason is %s", candidate.finish_reason.value)
        if response.usage_metadata:
            logger.info("Usage: %s", response.usage_metadata.model_dump(exclude_none=True, mode="json"))
        parts = (candidate.content and candidate.content.parts) or []
        return "".join(part.text or "" for part in parts if not part.thought)


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print(asyncio.run(ask("Say hello in one short sentence.")))
    except errors.APIError as error:
        body = error.details if isinstance(error.details, dict) else {}
        match body.get("error") or error.details:
            case {"metadata": {"raw": words}} | {"message": words} | {"msg": words} | {"detail": words} | words:
                sys.exit(f"Error: HTTP {error.code}: {words!r}".replace(API_KEY, "***")[:300])
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        sys.exit(f"Error: {error}".replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
