"""Ask a model on AIClient-2-API and print its answer."""

import asyncio
import logging
import os
import sys

import httpx
from google import genai
from google.genai import types

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = (os.environ.get("AICLIENT2API_BASE_URL") or "http://localhost:3000").rstrip("/")
MODEL = "gemini-2.5-flash"  # or "gemini-3-flash-preview"

logger = logging.getLogger(__name__)


async def ask(prompt: str) -> str:
    """Return the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    async with httpx.AsyncClient(follow_redirects=False) as http_client:
        options.httpx_async_client = http_client
        client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options).aio
        response = await client.models.generate_content(model=MODEL, contents=prompt)
        if not response.candidates:  # a web page, an error with status 200, or a blocked prompt
            raise ValueError(f"no answer: {response.to_json_dict().get('prompt_feedback', 'an error or a web page')}")
        candidate = response.candidates[0]
        if candidate.finish_reason not in ("STOP", None):
            logger.warning("Warning: the answer is incomplete: finishReason is %s", candidate.finish_reason.value)
        logger.info("Usage: %s", response.to_json_dict().get("usage_metadata", "not reported"))
        return response.text or ""


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(asyncio.run(ask("Say hello in one short sentence.")))
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        reason = str(error) or repr(error)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
