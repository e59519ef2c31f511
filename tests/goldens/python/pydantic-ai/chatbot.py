"""Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program."""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
MAX_TURNS = 20  # earlier ones are no longer sent

logger = logging.getLogger(__name__)


def stream(messages: list[Any]) -> Iterator[str]:
    """Yield the pieces of the model's answer to a conversation."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    headers = {"Authorization": f"Bearer {API_KEY}"}  # not the one in OPENAI_CUSTOM_HEADERS
    provider = OpenAICompatibleProvider(name="AITOLL", base_url=BASE_URL, api_key=API_KEY)
    provider.client.organization = provider.client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
    model = OpenAIChatModel(MODEL, provider=provider, settings={"timeout": 120, "extra_headers": headers})
    with Agent(model, retries=0).run_stream_sync(message_history=to_history(messages)) as result:
        yield from result.stream_text(delta=True, debounce_by=None)
    if not (reason := (result.response.provider_details or {}).get("finish_reason")):
        raise ValueError("the stream ended before the answer was complete")
    if reason not in ("stop", "eos"):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
    logger.info("Usage: %s", result.usage)


def to_history(messages: list[Any]) -> list[ModelRequest | ModelResponse]:
    """Return the conversation as messages of Pydantic AI."""
    kinds = {"system": SystemPromptPart, "user": UserPromptPart, "assistant": TextPart}
    parts = [kinds[message["role"]](message["content"]) for message in messages]
    return [ModelResponse([part]) if isinstance(part, TextPart) else ModelRequest([part]) for part in parts]


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    if not API_KEY:
        sys.exit("Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY='your key'")
    print(f"Ctrl-C stops an answer, Ctrl-D ends the chat; only the last {MAX_TURNS} turns are sent.", file=sys.stderr)
    history: list[Any] = []
    try:
        while True:
            prompt = input("> " if sys.stdin.isatty() else "")
            if not prompt.strip():
                continue
            turn = {"role": "user", "content": prompt}
            answer = ""
            try:
                for text in stream([*history[-2 * MAX_TURNS :], turn]):
                    print(text, end="", flush=True)
                    answer += text
                if answer:
                    history += [turn, {"role": "assistant", "content": answer}]
            except KeyboardInterrupt:
                print(" (stopped)", file=sys.stderr)
            except Exception as error:
                reason = str(getattr(error.__cause__, "__cause__", None) or error) or repr(error)
                message = "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY, "***")
                print(f"\n{message[:300]}", file=sys.stderr)
            print()
    except (EOFError, KeyboardInterrupt):  # Ctrl-D, or Ctrl-C at the prompt
        print()
