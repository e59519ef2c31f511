"""Ask a model on AIClient-2-API and print its answer as it arrives."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator

import httpx
from google import genai
from google.genai import types

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = (os.environ.get("AICLIENT2API_BASE_URL") or "http://localhost:3000").rstrip("/")
MODEL = "gemini-2.5-flash"  # or "gemini-3-flash-preview"

logger = logging.getLogger(__name__)


async def stream(prompt: str) -> AsyncIterator[str]:
    """Yield the pieces of the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    async with httpx.AsyncClient(follow_redirects=False) as http_client:
        options.httpx_async_client = http_client
        client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options).aio
        chunks = await client.models.generate_content_stream(model=MODEL, contents=prompt)
        finish_reason, usage = None, None
        async for chunk in chunks:
            if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
                raise ValueError(f"the prompt was blocked: {chunk.prompt_feedback.block_reason.value}")
            for candidate in chunk.candidates or []:
                finish_reason = candidate.finish_reason or finish_reason
            yield chunk.text or ""
            usage = chunk.to_json_dict().get("usage_metadata", usage)
        if not finish_reason:
            raise ValueError("the stream ended before the answer was complete")
        if finish_reason != "STOP":
            logger.warning("Warning: the answer is incomplete: finishReason is %s", finish_reason.value)
        logger.info("Usage: %s", usage or "not reported")


async def main() -> None:
    async for text in stream("Say hello in one short sentence."):
        print(text, end="", flush=True)


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        asyncio.run(main())
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        reason = str(error) or repr(error)
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
