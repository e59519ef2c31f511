"""Ask a model on AIReiter about an image and print its answer."""

import logging
import os
import sys
from typing import Any

import anthropic

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")
MODEL = "claude-sonnet-4-6"  # or "claude-opus-4-6"
IMAGE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII="

headers: Any = {"anthropic-version": "2023-06-01", "Authorization": f"Bearer {API_KEY}", "X-Api-Key": anthropic.Omit()}
http = anthropic.DefaultHttpxClient(timeout=anthropic.Timeout(120, connect=10), follow_redirects=False)
client = anthropic.Anthropic(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
logger = logging.getLogger(__name__)


def ask(prompt: str, image: str = IMAGE) -> str:
    """Return the model's answer to a prompt and its image."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    image_type, image_data = image.removeprefix("data:").split(";base64,")
    prompt_parts = [
        {"type": "text", "text": prompt},
        {"type": "image", "source": {"type": "base64", "media_type": image_type, "data": image_data}},
    ]
    messages: list[Any] = [{"role": "user", "content": prompt_parts}]
    message = client.messages.create(model=MODEL, messages=messages, max_tokens=4096, stream=False)
    if getattr(message, "content", None) is None:  # a web page, or an error with status 200
        raise anthropic.AnthropicError(f"no answer: {getattr(message, 'model_extra', message)!r}")
    if message.stop_reason not in ("end_turn", "stop_sequence", None):
        logger.warning("Warning: the answer is incomplete: stop_reason is %s", message.stop_reason)
    logger.info("Usage: %s %s", message.usage and message.usage.to_dict(), message.model_extra)
    return "".join(block.text for block in message.content if block.type == "text")


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(ask("What is in this picture?"))
    except Exception as error:  # the SDK does not check the form of a reply
        status = f"HTTP {error.status_code}: " if isinstance(error, anthropic.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(error, 'body', None) or error.__cause__ or error}".split()) or repr(error)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
