"""Puts one question to a live gateway and says in words what came of it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from chat_completions.live.scrub import Secrets
from chat_completions.live.wire import BROKEN, asking, why
from chat_completions.planning.types import RequestPlan

SECONDS = 60
MOST = 5_000_000  # bytes of a reply that are read
LONG = 160  # characters of a server's own words
REDIRECT, FAILED = 300, 400
WORDS = {
    401: "the key is not accepted",
    402: "the key is accepted, but no credit is left: top up",
    403: "the key is known, but may not do this: see your plan",
    404: "there is nothing at this address: is the base URL right?",
    429: "too many requests: wait, then try again",
}


class Answer(NamedTuple):
    """What one question brought: JSON, or what is wrong in words; status 0 is no answer at all."""

    status: int
    data: Any
    problem: str


def ask(call: RequestPlan, key: str, body: Any = None, *, with_key: bool = True) -> Answer:
    """The answer to a call, sent as a written program would send it; no redirect is followed."""
    secrets = Secrets({"<key>": key})
    headers = {"accept": "application/json", "user-agent": "chat-completions", **call.headers}
    if with_key:
        headers[call.auth.header] = call.auth.prefix + key
    if body is not None:
        headers["content-type"] = "application/json"
    sent = json.dumps(body).encode() if body is not None else None
    try:
        with asking(
            call.method,
            call.base_url + call.path.replace("{model}", quote(call.model, safe="")),
            headers,
            sent,
            SECONDS,
        ) as reply:
            served = _first(reply.pieces)
    except BROKEN as problem:
        return Answer(0, None, f"it cannot be reached: {secrets.clean(why(problem))}")
    return _understood(reply.status, reply.header("content-type"), secrets.clean(served.decode("utf-8", "replace")))


def spelled(value: Any, words: Mapping[str, Any]) -> Any:
    """A body with its slots filled."""
    if isinstance(value, Mapping):
        return {name: spelled(item, words) for name, item in value.items()}
    if isinstance(value, list):
        return [spelled(item, words) for item in value]
    return words.get(value.name, value) if hasattr(value, "name") else value


def _first(pieces: Any) -> bytes:
    """The reply as far as it is read: a list of models is not endless."""
    whole = b""
    for piece in pieces:
        whole += piece
        if len(whole) > MOST:
            break
    return whole


def _understood(status: int, kind: str, text: str) -> Answer:
    if "html" in kind or text.lstrip()[:9].lower().startswith(("<!doctype", "<html")):
        return Answer(status, None, f"it answered {status} with a web page: is the base URL right?")
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if status >= FAILED:
        return Answer(status, data, _with_words(WORDS.get(status, f"it answered {status}"), data))
    if status >= REDIRECT:
        return Answer(status, None, f"it answered {status}, a redirect, which is not followed: is the base URL right?")
    if data is None:
        return Answer(status, None, f"it answered {status}, but not with JSON")
    inside = next((data[name] for name in ("statusCode", "code") if isinstance(data, dict) and name in data), status)
    if (isinstance(data, dict) and data.get("error")) or inside not in (status, 0, str(status), "0", None):
        return Answer(status, data, _with_words(f"it answered {status}, and in it {inside}", data))
    return Answer(status, data, "")


def _with_words(problem: str, data: Any) -> str:
    own = _own_words(data)
    return f"{problem} ({own[:LONG]})" if own else problem


def _own_words(data: Any) -> str:
    """The server's own message, wherever it usually stands."""
    if isinstance(data, list):
        return _own_words(data[0]) if data else ""
    if isinstance(data, str):
        return " ".join("".join(one if one.isprintable() else " " for one in data).split())
    if not isinstance(data, dict):
        return ""
    return next((found for name in ("error", "message", "detail", "msg") if (found := _own_words(data.get(name)))), "")
