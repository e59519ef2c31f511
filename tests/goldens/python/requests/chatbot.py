"""Chat with a model on AITOLL in the terminal: Ctrl-C ends an answer, Ctrl-D the program."""

import contextlib
import json
import logging
import os
import sys

import requests
from requests.adapters import HTTPAdapter, Retry

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
MAX_TURNS = 20  # earlier ones are no longer sent

logger = logging.getLogger(__name__)
session = requests.Session()
session.auth = lambda request: request  # no key of a .netrc instead
retry = Retry(total=2, read=False, allowed_methods=None, backoff_factor=0.5, retry_after_max=60, raise_on_status=False)
retry.status_forcelist = {429, 500, 502, 503, 504}
session.mount(BASE_URL, HTTPAdapter(max_retries=retry))


def stream(messages):
    """Yield the pieces of the model's answer to a conversation."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is not set to a key: export AITOLL_API_KEY='your key'")
    response = session.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": True},
        timeout=(10, 120),
        allow_redirects=False,
        stream=True,
    )
    if response.status_code != 200 or "event-stream" not in response.headers.get("Content-Type", ""):
        reason = f"HTTP {response.status_code}: {error_message(response.text)}"
        raise requests.HTTPError(reason, response=response)
    finish_reason, usage = None, {}
    for data in events(response):
        if data == "[DONE]":
            finish_reason = finish_reason or "stop"
            break
        chunk = json.loads(data or "{}")
        if chunk.get("error"):
            raise requests.HTTPError(error_message(chunk), response=response)
        for choice in chunk.get("choices") or []:
            delta = choice.get("delta") or {}
            yield delta.get("content") or delta.get("refusal") or ""
            finish_reason = choice.get("finish_reason") or finish_reason
        usage = chunk.get("usage") or usage
    if not finish_reason:
        raise requests.ConnectionError("the stream ended before the answer was complete")
    if finish_reason not in ("stop", "eos"):
        logger.warning("\nWarning: the answer is incomplete: finish_reason is %s", finish_reason)
    logger.info("\nUsage: %s", usage or "not reported")


def events(response):
    """Yield the data of each server-sent event."""
    for line in response.iter_lines(chunk_size=1):  # as soon as it is there
        if line.startswith(b"data:"):
            yield line[5:].decode(errors="replace").strip()


def error_message(body):
    """Return the server's own words, wherever they stand in the body of its reply."""
    with contextlib.suppress(TypeError, ValueError):  # of what is no JSON text
        body = json.loads(body)
    match body:
        case [words, *_] | {"metadata": {"raw": words}} | {"error": dict(words) | str(words)}:
            return error_message(words)
        case {"message": words} | {"msg": words} | {"detail": words}:
            return error_message(words)
    return "".join(filter(str.isprintable, " ".join(str(body).split()).replace(API_KEY, "***")))[:300]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if not API_KEY:
        sys.exit("Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY='your key'")
    history = []
    try:
        while True:
            turn, answer = {"role": "user", "content": input("> " if sys.stdin.isatty() else "")}, ""
            try:
                for text in stream([*history[-2 * MAX_TURNS :], turn]):
                    print(text, end="", flush=True)
                    answer += text
                history += [turn, {"role": "assistant", "content": answer}]
                if len(history) == 2 * MAX_TURNS:
                    print(f"\n(From now on only the last {MAX_TURNS} turns are sent.)", file=sys.stderr)
            except KeyboardInterrupt:
                print(" (stopped)", file=sys.stderr)
            except (requests.RequestException, ValueError) as error:
                print(f"\nError: {error}".replace(API_KEY, "***")[:300], file=sys.stderr)
            print()
    except (EOFError, KeyboardInterrupt):  # Ctrl-D, or Ctrl-C at the prompt
        print()
