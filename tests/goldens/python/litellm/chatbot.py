"""Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program."""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import openai

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else the import downloads a price list
import litellm  # noqa: E402

litellm.suppress_debug_info = True  # else it prints advice on stdout

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
MAX_TURNS = 20  # earlier ones are no longer sent

headers = {"Authorization": f"Bearer {API_KEY}"}
http = openai.DefaultHttpxClient(follow_redirects=False)
client = openai.OpenAI(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
logger = logging.getLogger(__name__)


def stream(messages: list[Any]) -> Iterator[str]:
    """Yield the pieces of the model's answer to a conversation."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    chunks = litellm.completion(
        model=MODEL, custom_llm_provider="custom_openai", client=client, timeout=120, messages=messages, stream=True
    )
    usage = None
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        yield "".join(choice.delta.content or choice.delta.get("refusal") or "" for choice in chunk.choices)
    if not (reason := chunks.received_finish_reason):  # an empty stream ends with a chunk that LiteLLM makes
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
                cause = getattr(error.__context__, "__context__", None) or error  # what the framework wraps
                status = f"HTTP {cause.status_code}: " if isinstance(cause, openai.APIStatusError) else ""
                reason = " ".join(f"{status}{getattr(cause, 'body', None) or cause.__cause__ or cause}".split()) or repr(cause)
                message = "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY, "***")
                print(f"\n{message[:300]}", file=sys.stderr)
            print()
    except (EOFError, KeyboardInterrupt):  # Ctrl-D, or Ctrl-C at the prompt
        print()
