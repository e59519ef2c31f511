"""Compare a request with a recorded one, and find the most similar.

Method, path, body and all headers but the client's own must be the same. A recorded `<any>` matches any text but an
empty one, such as an id that a program generates. JSON within a text, such as the result of a tool or a JSON Schema, is
compared as data, because languages print JSON differently. An empty object counts as absent, and the case of a schema's
`type` and the alphabet of base64 do not matter: the client libraries of Gemini send `generationConfig: {}`,
`"type": "STRING"` and URL-safe base64. Of a key only the header and the placeholder for which it stands count, never
its value.
"""

import json
import operator
import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from http import HTTPStatus
from itertools import zip_longest
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Auth, Gateway
from chat_completions.replay.cassette import LABELS, PLACEHOLDERS, Exchange
from chat_completions.replay.request_kind import RequestKind, split_schema

ANY = "<any>"
COMPARED = 2000  # characters of each body that are compared for similarity
ALIASES = {"mime_type": "mimeType"}  # protobuf takes both; google-genai for Python sends the first
URL_SAFE = str.maketrans("-_", "+/", "=")
DEFAULTS: dict[str, list[Any]] = {"stream": [False], "is_error": [False], "tool_choice": ["auto", {"type": "auto"}]}
# What describes the client or the connection, not the request.
CLIENT_HEADERS = {
    *("accept", "accept-encoding", "accept-language", "connection", "content-length"),
    *("host", "sec-fetch-mode", "user-agent", "x-goog-api-client", "x-server-timeout"),
    *("origin", "referer"),
}
CLIENT_PREFIXES = ("x-stainless", "sec-")
Candidate = tuple[Exchange, RequestKind]


class ReceivedRequest(NamedTuple):
    """A request as it arrived, with its body parsed."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


def has_right_key(headers: Mapping[str, str], gateway: Gateway) -> bool:
    """Return whether the headers of a request have every key that the gateway wants; any is right but `wrong-key`."""
    needs_none = not gateway.auth or any(not auth.key_env or auth.optional for auth in gateway.auth)
    first = [_key_state(headers, auth) for auth in gateway.auth if auth.key_env]
    right = True in first or (needs_none and False not in first)
    others = ((_key_state(headers, extra), extra.optional) for extra in gateway.extra_keys)
    return right and all(state or (state is None and optional) for state, optional in others)


def _header_differences(received: Mapping[str, str], recorded: Mapping[str, str]) -> list[str]:
    """Describe how the headers of a request differ from the recorded ones, without those of the client."""
    differences, received, recorded = [], _of_request(received), _of_request(recorded)
    for name in sorted({*received, *recorded}):
        value, wanted = received.get(name), recorded.get(name)
        if value is not None and wanted is not None and _is_placeholder(wanted):
            prefix, blank, key = value.rpartition(" ")
            value = f"{prefix}{blank}{_placeholder(key)}"
        if value != wanted:
            shown = repr(value) if value is not None and _is_placeholder(value) else "another value"  # not a key
            differences.append(f"header {name}: {shown if value is not None else 'absent'}, recorded {wanted!r}")
    return differences


def _key_state(headers: Mapping[str, str], auth: Auth) -> bool | None:
    """Return whether the key of a scheme is right, None where it is missing."""
    value = headers.get(auth.header.lower(), "")
    key = value[len(auth.prefix) :].strip() if value.lower().startswith(auth.prefix.lower()) else ""
    return _placeholder(key) != "<wrong-key>" if key else None


def _placeholder(key: str) -> str:
    """Return the placeholder that stands for a key."""
    named = f"<{key.strip('<>')}>"
    return named if named in PLACEHOLDERS else PLACEHOLDERS[0]


def _of_request(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without those that describe the client or the connection."""
    lower_case = {name.lower(): value for name, value in headers.items()}
    if lower_case.get("content-type", "").startswith("multipart/"):
        lower_case["content-type"] = "multipart/form-data"  # without the boundary, which each client chooses
    return {
        name: value
        for name, value in lower_case.items()
        if name not in CLIENT_HEADERS and not name.startswith(CLIENT_PREFIXES)
    }


def _is_placeholder(value: str) -> bool:
    return value.rpartition(" ")[2] in PLACEHOLDERS


def find_differences(request: ReceivedRequest, exchange: Exchange, *, ignore_defaults: bool = False) -> list[str]:
    """Describe how a request differs from the recorded one; return an empty list where it does not."""
    body = _without_defaults(request.body, exchange.body) if ignore_defaults else request.body
    differences = []
    if (request.method, request.path) != (exchange.method, exchange.path):
        differences.append(f"recorded is {exchange.method} {exchange.path}")
    differences += _header_differences(request.headers, exchange.headers)
    if not bodies_match(body, exchange.body):
        differences.append(_body_difference(body, exchange.body))
    return differences


def bodies_match(received: Any, recorded: Any) -> bool:
    """Return whether a body, or a part of one, is the recorded one."""
    if recorded == ANY:
        return isinstance(received, str) and bool(received)
    if isinstance(received, dict) and isinstance(recorded, dict):
        received, recorded = _without_empty(received), _without_empty(recorded)
        same_names = received.keys() == recorded.keys()
        return same_names and all(_field_matches(name, received[name], recorded[name]) for name in received)
    if isinstance(received, list) and isinstance(recorded, list):
        return len(received) == len(recorded) and all(map(bodies_match, received, recorded))
    if isinstance(received, str) and isinstance(recorded, str):
        return split_schema(received) == split_schema(recorded) or _is_same_json(received, recorded)
    return bool(received == recorded) and isinstance(received, bool) == isinstance(recorded, bool)


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    return {ALIASES.get(name, name): item for name, item in value.items() if item != {}}


def _field_matches(name: str, received: Any, recorded: Any) -> bool:
    if isinstance(received, str) and isinstance(recorded, str):
        if name == "type":
            return received.casefold() == recorded.casefold()
        if name == "data":
            return received.translate(URL_SAFE) == recorded.translate(URL_SAFE)
    return bodies_match(received, recorded)


def _is_same_json(received: str, recorded: str) -> bool:
    """Return whether two texts are the same JSON object or list."""
    if not (received[:1] in ("{", "[") and recorded[:1] in ("{", "[")):
        return False
    try:
        return bool(json.loads(received) == json.loads(recorded))
    except ValueError:
        return False


def _without_defaults(received: Any, recorded: Any) -> Any:
    """Return a body without the default values that a framework sends and the recorded request omits."""
    if isinstance(received, dict) and isinstance(recorded, dict):
        fields = {name: _without_defaults(item, recorded.get(name)) for name, item in received.items()}
        return {name: item for name, item in fields.items() if name in recorded or item not in DEFAULTS.get(name, ())}
    if isinstance(received, list) and isinstance(recorded, list):
        return [_without_defaults(*pair) for pair in zip_longest(received, recorded)]
    match received:
        case [{"type": "text", "text": text}] if isinstance(recorded, str):
            return text
    return "" if received is None and recorded == "" else received


def _body_difference(received: Any, recorded: Any) -> str:
    if not (isinstance(received, dict) and isinstance(recorded, dict)):
        return "the body differs"
    names = [name for name in {**received, **recorded} if not bodies_match(received.get(name), recorded.get(name))]
    return f"the body differs in {', '.join(names)}"


def find_nearest(request: ReceivedRequest, kind: RequestKind, candidates: Iterable[Candidate]) -> Exchange | None:
    """Return the good response whose request is most similar to this one; None where none has its form."""
    same_form = [pair for pair in candidates if pair[1].form == kind.form and pair[0].status == HTTPStatus.OK]
    nearest = max(same_form, key=lambda pair: _similarity(request.body, kind, *pair), default=None)
    return nearest[0] if nearest else None


def _similarity(body: Any, kind: RequestKind, exchange: Exchange, recorded: RequestKind) -> tuple[float, ...]:
    """Rank a recorded request: by its contents, its number of messages, its label, its prompt and its text."""
    same_contents = sum(map(operator.eq, kind.contents, recorded.contents))
    # A greeting makes sense as an answer to any prompt; code, or the short answers of a batch, do not.
    is_greeting = "chat" in re.split("[/-]", exchange.cassette)
    same_prompt = bodies_match(_prompt(body), _prompt(exchange.body))
    first, second = (json.dumps(data, sort_keys=True, default=str)[:COMPARED] for data in (body, exchange.body))
    ratio = SequenceMatcher(None, first, second).quick_ratio()
    label = -LABELS.index(exchange.label)
    return same_contents, -abs(kind.message_count - recorded.message_count), label, is_greeting or same_prompt, ratio


def _prompt(body: Any) -> Any:
    return (body.get("messages") or body.get("contents")) if isinstance(body, dict) else None
