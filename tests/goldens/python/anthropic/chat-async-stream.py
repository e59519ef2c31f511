"""Ask a model on AIReiter and print its answer as it arrives."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import anthropic

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")
MODEL = "claude-sonnet-4-6"  # or "claude-sonnet-4-5-20250929"

logger = logging.getLogger(__name__)


async def stream(prompt: str) -> AsyncIterator[str]:
    """Yield the pieces of the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    messages: list[Any] = [{"role": "user", "content": prompt}]
    headers: Any = {"anthropic-version": "2023-06-01", "Authorization": f"Bearer {API_KEY}", "X-Api-Key": anthropic.Omit()}
    http = anthropic.DefaultAsyncHttpxClient(timeout=anthropic.Timeout(120, connect=10), follow_redirects=False)
    client = anthropic.AsyncAnthropic(api_key=API_KEY, base_url=BASE_URL, default_headers=headers, http_client=http)
    async with client:
        events = await client.messages.create(model=MODEL, messages=messages, max_tokens=4096, stream=True)
        if "event-stream" not in events.response.headers.get("Content-Type", "event-stream"):
            raise anthropic.AnthropicError(f"no stream: {(await events.response.aread()).decode(errors='replace')}")
        stop_reason = None
        usage: Any = {}
        async for event in events:
            if event.type == "content_block_start":
                yield getattr(event.content_block, "text", None) or ""
            elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                yield event.delta.text
            elif event.type == "message_start":
                usage |= event.message.to_dict().get("usage") or {}
            elif event.type == "message_delta":
                stop_reason = event.delta.stop_reason or stop_reason
                usage |= event.to_dict().get("usage") or {}
            elif event.type == "message_stop":
                break
        await events.close()
        if not stop_reason:
            raise anthropic.AnthropicError("the stream ended before the answer was complete")
        if stop_reason not in ("end_turn", "stop_sequence"):
            logger.warning("Warning: the answer is incomplete: stop_reason is %s", stop_reason)
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
        status = f"HTTP {error.status_code}: " if isinstance(error, anthropic.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(error, 'body', None) or error.__cause__ or error}".split()) or repr(error)
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
