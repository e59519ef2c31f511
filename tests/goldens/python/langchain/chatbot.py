"""Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program."""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import openai
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
MAX_TURNS = 20  # earlier ones are no longer sent

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


def stream(messages: list[Any]) -> Iterator[str]:
    """Yield the pieces of the model's answer to a conversation."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    reason, usage = None, None
    for chunk in llm.stream(messages):
        reason = chunk.response_metadata.get("finish_reason") or reason
        usage = chunk.usage_metadata or usage
        yield chunk.text or chunk.additional_kwargs.get("refusal") or ""
    if not reason:
        raise ValueError("the stream ended before the answer was complete")
    if reason not in ("stop", "eos"):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
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
            except Exception as error:
                cause = error.__cause__ or error  # what the framework wraps
                reason = str(getattr(cause, "body", None) or cause.__cause__ or cause) or repr(cause)
                if isinstance(cause, openai.APIStatusError):
                    reason = f"HTTP {cause.status_code}: {' '.join(cause.response.text.split())}"
                message = "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY, "***")
                print(f"\n{message[:300]}", file=sys.stderr)
            print()
    except (EOFError, KeyboardInterrupt):  # Ctrl-D, or Ctrl-C at the prompt
        print()
