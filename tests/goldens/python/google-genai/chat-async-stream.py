"""Ask a model on AIClient-2-API and print its answer as it arrives."""

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


async def stream(prompt):
    """Yield the pieces of the model's answer to one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    contents = [{"role": "user", "parts": [{"text": prompt}]}]
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    options.async_client_args = {"follow_redirects": False, "allow_redirects": False}  # as httpx and aiohttp call it
    async with genai.Client(api_key=API_KEY, vertexai=False, http_options=options).aio as client:
        chunks = await client.models.generate_content_stream(model=MODEL, contents=contents)
        finish_reason, usage = None, None
        async for chunk in chunks:
            if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
                raise ValueError(f"the prompt was blocked: {chunk.prompt_feedback.block_reason.value}")
            for candidate in chunk.candidates or []:
                finish_reason = candidate.finish_reason or finish_reason
                for part in (candidate.content and candidate.content.parts) or []:
                    if part.text and not part.thought:
                        yield part.text
            usage = chunk.usage_metadata or usage
        if not finish_reason:
            raise ValueError("the stream ended before the answer was complete")
        if finish_reason != "STOP":
            logger.warning("\nWarning: the answer is incomplete: finishReason is %s", finish_reason.value)
        logger.info("\nUsage: %s", usage and usage.model_dump(exclude_none=True, mode="json"))


async def main():
    async for text in stream("Say hello in one short sentence."):
        print(text, end="", flush=True)


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        asyncio.run(main())
    except errors.APIError as error:
        body = error.details if isinstance(error.details, dict) else {}
        match body.get("error") or error.details:
            case {"metadata": {"raw": words}} | {"message": words} | {"msg": words} | {"detail": words} | words:
                sys.exit(f"\nError: HTTP {error.code}: {words!r}".replace(API_KEY, "***")[:300])
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        sys.exit(f"\nError: {error}".replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
