"""Chat with a model on AIClient-2-API in the terminal: Ctrl-C ends an answer, Ctrl-D the program."""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

from google import genai
from google.genai import types

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = (os.environ.get("AICLIENT2API_BASE_URL") or "http://localhost:3000").rstrip("/")
MODEL = "gemini-2.5-flash"  # or "gemini-3-flash-preview"
MAX_TURNS = 20  # earlier ones are no longer sent

logger = logging.getLogger(__name__)


def stream(contents: list[Any]) -> Iterator[str]:
    """Yield the pieces of the model's answer to a conversation."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    options.client_args = {"follow_redirects": False}
    client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options)  # GOOGLE_GENAI_USE_VERTEXAI may be set
    chunks = client.models.generate_content_stream(model=MODEL, contents=contents)
    finish_reason, usage = None, None
    for chunk in chunks:
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


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    if not API_KEY:
        sys.exit("Error: AICLIENT2API_API_KEY is not set: export AICLIENT2API_API_KEY='your key'")
    print(f"Ctrl-C stops an answer, Ctrl-D ends the chat; only the last {MAX_TURNS} turns are sent.", file=sys.stderr)
    history: list[Any] = []
    try:
        while True:
            prompt = input("> " if sys.stdin.isatty() else "")
            if not prompt.strip():
                continue
            turn = {"role": "user", "parts": [{"text": prompt}]}
            answer = ""
            try:
                for text in stream([*history[-2 * MAX_TURNS :], turn]):
                    print(text, end="", flush=True)
                    answer += text
                if answer:
                    history += [turn, {"role": "model", "parts": [{"text": answer}]}]
            except KeyboardInterrupt:
                print(" (stopped)", file=sys.stderr)
            except Exception as error:  # the SDK lets the errors of its HTTP library through
                reason = str(error) or repr(error)
                message = "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY, "***")
                print(f"\n{message[:300]}", file=sys.stderr)
            print()
    except (EOFError, KeyboardInterrupt):  # Ctrl-D, or Ctrl-C at the prompt
        print()
