"""Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program."""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import openai

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
MAX_TURNS = 20  # earlier ones are no longer sent

headers = {"Authorization": f"Bearer {API_KEY}"}  # and not that of OPENAI_CUSTOM_HEADERS
http = openai.DefaultHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
client = openai.OpenAI(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
logger = logging.getLogger(__name__)


def stream(messages: list[Any]) -> Iterator[str]:
    """Yield the pieces of the model's answer to a conversation."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    chunks = client.chat.completions.create(model=MODEL, messages=messages, stream=True)
    if "event-stream" not in chunks.response.headers.get("Content-Type", "event-stream"):
        raise openai.OpenAIError(f"no stream: {chunks.response.read().decode(errors='replace')}")
    finish_reason, usage = None, None
    extra: dict[str, object] = {}
    for chunk in chunks:
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
            except Exception as error:  # a broken stream may be an error of the HTTP library
                reason = str(getattr(error, "body", None) or error.__cause__ or error) or repr(error)
                if isinstance(error, openai.APIStatusError):
                    reason = f"HTTP {error.status_code}: {' '.join(error.response.text.split())}"
                message = "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY, "***")
                print(f"\n{message[:300]}", file=sys.stderr)
            print()
    except (EOFError, KeyboardInterrupt):  # Ctrl-D, or Ctrl-C at the prompt
        print()
