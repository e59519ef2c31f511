"""Ask a model on AITOLL and print its answer as it arrives."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator

import openai

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

logger = logging.getLogger(__name__)


async def stream(prompt: str) -> AsyncIterator[str]:
    """Yield the pieces of the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    headers = {"Authorization": f"Bearer {API_KEY}"}  # and not that of OPENAI_CUSTOM_HEADERS
    http = openai.DefaultAsyncHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
    client = openai.AsyncOpenAI(api_key=API_KEY, base_url=BASE_URL, default_headers=headers, http_client=http)
    client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
    async with client:
        chunks = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": prompt}], stream=True
        )
        if "event-stream" not in chunks.response.headers.get("Content-Type", "event-stream"):
            raise openai.OpenAIError(f"no stream: {(await chunks.response.aread()).decode(errors='replace')}")
        finish_reason, usage = None, None
        extra: dict[str, object] = {}
        async with chunks:
            async for chunk in chunks:
                for choice in chunk.choices or []:
                    finish_reason = choice.finish_reason or finish_reason
                    if choice.delta:
                        content = choice.delta.content or choice.delta.refusal or ""
                        yield content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
                usage = chunk.usage.to_dict() if chunk.usage else usage
                extra |= chunk.model_extra or {}
        if not finish_reason:
            raise openai.OpenAIError(f"the stream ended before the answer was complete {extra or ''}")
        if finish_reason not in ("stop", "eos"):
            logger.warning("Warning: the answer is incomplete: finish_reason is %s", finish_reason)
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
    except Exception as error:  # a broken stream may be an error of the HTTP library
        reason = str(getattr(error, "body", None) or error.__cause__ or error) or repr(error)
        if isinstance(error, openai.APIStatusError):
            reason = f"HTTP {error.status_code}: {' '.join(error.response.text.split())}"
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
