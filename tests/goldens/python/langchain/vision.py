"""Ask a model on AITOLL and print its answer."""

import logging
import os
import sys
from typing import Any

import openai
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "gemini-3-flash-preview"  # or "gemini-3-pro-preview"
IMAGE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII="

http_client = openai.DefaultHttpxClient(follow_redirects=False)
llm = ChatOpenAI(
    model=MODEL,
    api_key=SecretStr(API_KEY or "none"),
    base_url=BASE_URL,
    timeout=openai.Timeout(120, connect=10),
    use_responses_api=False,
    http_client=http_client,
    default_headers={"Authorization": f"Bearer {API_KEY}"},
)
llm.root_client.organization = llm.root_client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
logger = logging.getLogger(__name__)


def ask(prompt: str, image: str = IMAGE) -> str:
    """Return the model's answer to a prompt and its images."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    image_url = image
    messages: list[Any] = [
        {
            "role": "user",
            "content": [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": image_url}}],
        },
    ]
    message = llm.invoke(messages)
    if (reason := message.response_metadata.get("finish_reason")) not in ("stop", "eos", "", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
    logger.info("Usage: %s", message.usage_metadata or "not reported")
    return message.text or message.additional_kwargs.get("refusal") or ""


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(ask("What is in this picture?"))
    except Exception as error:
        cause = error.__cause__ or error  # what the framework wraps
        reason = str(getattr(cause, "body", None) or cause.__cause__ or cause) or repr(cause)
        if isinstance(cause, openai.APIStatusError):
            reason = f"HTTP {cause.status_code}: {' '.join(cause.response.text.split())}"
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
