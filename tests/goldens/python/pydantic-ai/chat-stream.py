"""Ask a model on AITOLL and print its answer as it arrives."""

import logging
import os
import sys
from collections.abc import Iterator

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

logger = logging.getLogger(__name__)


def stream(prompt: str) -> Iterator[str]:
    """Yield the pieces of the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    headers = {"Authorization": f"Bearer {API_KEY}"}  # not the one in OPENAI_CUSTOM_HEADERS
    provider = OpenAICompatibleProvider(name="AITOLL", base_url=BASE_URL, api_key=API_KEY)
    provider.client.organization = provider.client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
    model = OpenAIChatModel(MODEL, provider=provider, settings={"timeout": 120, "extra_headers": headers})
    with Agent(model, retries=0).run_stream_sync(prompt) as result:
        yield from result.stream_text(delta=True, debounce_by=None)
    if not (reason := (result.response.provider_details or {}).get("finish_reason")):
        raise ValueError("the stream ended before the answer was complete")
    if reason not in ("stop", "eos"):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
    logger.info("Usage: %s", result.usage)


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for text in stream("Say hello in one short sentence."):
            print(text, end="", flush=True)
    except Exception as error:
        reason = str(getattr(error.__cause__, "__cause__", None) or error) or repr(error)
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
