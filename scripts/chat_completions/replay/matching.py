"""Compare a request with a recorded one.

Method, path, body and all headers but the client's own must be the same. Of a key only the header and the
placeholder for which it stands count, never its value. A recorded `<any>` matches any text but an empty one, such as an
id that a program generates. JSON within a text, such as the result of a tool or a JSON Schema, is compared as data,
because languages print JSON differently. An empty object counts as absent, and the case of a schema's `type` and the
alphabet of base64 do not matter: the client libraries of Gemini send `generationConfig: {}`, `"type": "STRING"` and
URL-safe base64.
"""

import json
import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Auth, Gateway
from chat_completions.replay.cassette import PLACEHOLDERS, Exchange

# What describes the client or the connection, not the request.
CLIENT_HEADERS = {
    *("accept", "accept-encoding", "accept-language", "connection", "content-length"),
    *("host", "sec-fetch-mode", "user-agent", "x-goog-api-client", "x-server-timeout"),
    *("origin", "referer"),
}
CLIENT_PREFIXES = ("x-stainless", "sec-")

ANY = "<any>"
ALIASES = {"mime_type": "mimeType"}  # protobuf takes both; google-genai for Python sends the first
URL_SAFE = str.maketrans("-_", "+/", "=")
USUAL: dict[str, list[Any]] = {"stream": [False], "is_error": [False], "tool_choice": ["auto", {"type": "auto"}]}
SCHEMA_IN_TEXT = re.compile(r"JSON Schema:?\s*(?=[{\[])")


class ReceivedRequest(NamedTuple):
    """A request as it arrived, with its body parsed."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


def has_right_key(request: ReceivedRequest, gateway: Gateway) -> bool:
    """Return whether a request carries every key that the gateway wants; any is right but `wrong-key`."""
    needs_none = not gateway.auth or any(not auth.key or auth.optional for auth in gateway.auth)
    first = [_key_state(request, auth) for auth in gateway.auth if auth.key]
    right = True in first or (needs_none and False not in first)
    others = ((_key_state(request, extra), extra.optional) for extra in gateway.extra_keys)
    return right and all(state or (state is None and optional) for state, optional in others)


def find_differences(request: ReceivedRequest, exchange: Exchange) -> list[str]:
    """Describe how a request differs from the recorded one; return an empty list where it does not."""
    found = []
    if (request.method, request.path) != (exchange.method, exchange.path):
        found.append(f"recorded is {exchange.method} {exchange.path}")
    found += _header_differences(_headers(request.headers), _headers(exchange.headers))
    if not bodies_match(request.body, exchange.body):
        found.append(_body_difference(request.body, exchange.body))
    return found


def bodies_match(received: Any, recorded: Any) -> bool:
    """Return whether a body, or a part of one, is the recorded one."""
    if recorded == ANY:
        return isinstance(received, str) and bool(received)
    if isinstance(received, dict) and isinstance(recorded, dict):
        ours, theirs = _without_empty(received), _without_empty(recorded)
        return ours.keys() == theirs.keys() and all(_field_matches(name, ours[name], theirs[name]) for name in ours)
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


def without_defaults(received: Any, recorded: Any) -> Any:
    """Return a body without what the recorded one leaves out because it goes without saying, as frameworks say it."""
    if isinstance(received, dict) and isinstance(recorded, dict):
        fields = {name: without_defaults(item, recorded.get(name)) for name, item in received.items()}
        return {name: item for name, item in fields.items() if name in recorded or item not in USUAL.get(name, ())}
    if isinstance(received, list) and isinstance(recorded, list):
        return [without_defaults(*pair) for pair in zip_longest(received, recorded)]
    match received:
        case [{"type": "text", "text": text}] if isinstance(recorded, str):
            return text
    return "" if received is None and recorded == "" else received


def split_schema(text: str) -> tuple[str, Any, str]:
    """Return a text in three parts: before the JSON Schema in it, the schema, and after; the schema may be None."""
    start = SCHEMA_IN_TEXT.search(text)
    if not start:
        return text, None, ""
    try:
        schema, end = json.JSONDecoder().raw_decode(text, start.end())
    except ValueError:
        return text, None, ""
    return text[: start.end()], schema, text[end:]


def _key_state(request: ReceivedRequest, auth: Auth) -> bool | None:
    """Return whether the key of a scheme is right, None where it is missing."""
    value = request.headers.get(auth.header.lower(), "")
    key = value[len(auth.prefix) :].strip() if value.lower().startswith(auth.prefix.lower()) else ""
    return _placeholder(key) != "<wrong-key>" if key else None


def _placeholder(key: str) -> str:
    """Return the placeholder that stands for a key."""
    named = f"<{key.strip('<>')}>"
    return named if named in PLACEHOLDERS else PLACEHOLDERS[0]


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without those that describe the client or the connection."""
    found = {name.lower(): value for name, value in headers.items()}
    if found.get("content-type", "").startswith("multipart/"):
        found["content-type"] = "multipart/form-data"  # without the boundary, which each client chooses
    return {
        name: value
        for name, value in found.items()
        if name not in CLIENT_HEADERS and not name.startswith(CLIENT_PREFIXES)
    }


def _header_differences(received: dict[str, str], recorded: dict[str, str]) -> list[str]:
    found = []
    for name in sorted({*received, *recorded}):
        value, wanted = received.get(name), recorded.get(name)
        if value is not None and wanted is not None and _is_placeholder(wanted):
            prefix, blank, key = value.rpartition(" ")
            value = f"{prefix}{blank}{_placeholder(key)}"
        if value != wanted:
            found.append(f"header {name}: {_describe(value)}, recorded {wanted!r}")
    return found


def _describe(value: str | None) -> str:
    """Return a header's value for a message, without a key."""
    if value is None:
        return "absent"
    return repr(value) if _is_placeholder(value) else "another value"


def _is_placeholder(value: str) -> bool:
    return value.rpartition(" ")[2] in PLACEHOLDERS


def _body_difference(received: Any, recorded: Any) -> str:
    if not (isinstance(received, dict) and isinstance(recorded, dict)):
        return "the body differs"
    names = [name for name in {**received, **recorded} if not bodies_match(received.get(name), recorded.get(name))]
    return f"the body differs in {', '.join(names)}"
