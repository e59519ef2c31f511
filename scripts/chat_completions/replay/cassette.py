"""Reads cassettes: recorded, documented or constructed exchanges in vcrpy's format.

Beside vcrpy's own keys a file holds `provenance` (label, source, date, note), and a response
`x-chunks`: the lengths in bytes of the pieces it came in, which vcrpy does not know and ignores.
"""

import json
import re
from collections.abc import Mapping
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from chat_completions.errors import BadData

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LABELS = ("recorded", "documented", "constructed")
EVENT_END = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)")  # the blank line after an event of a stream
# What stands for a key: any key is the first, but one that is called as another of these.
PLACEHOLDERS = ("<key>", "<wrong-key>", "<poor-key>", "<busy-key>")
# What a client says of itself or of the connection, not of the request.
ITS_OWN = frozenset(
    [
        *("accept", "accept-encoding", "accept-language", "connection", "content-length"),
        *("host", "sec-fetch-mode", "user-agent", "x-goog-api-client", "x-server-timeout"),
        *("origin", "referer"),
    ]
)


class Exchange(NamedTuple):
    """One request and its reply; `chunks` are the pieces of the body as they came.

    `origin` is where it happened (scheme and host), which a reply's addresses may name.
    """

    scene: str
    label: str
    method: str
    origin: str
    path: str
    headers: Mapping[str, str]
    body: Any
    status: int
    reason: str
    reply_headers: Mapping[str, str]
    chunks: list[bytes]
    framed: bool


def read(file: Path) -> list[Exchange]:
    """The exchanges of one cassette, in order; BadData where it is none."""
    try:
        data = yaml.load(file.read_bytes(), Loader)  # noqa: S506 - a safe one
        return parsed(data, f"{file.parent.name}/{file.stem}")
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as problem:
        raise BadData(f"{file} is no cassette: {type(problem).__name__} {problem}") from problem


def about(file: Path) -> dict[str, Any]:
    """All that a cassette says, as data."""
    return dict(yaml.load(file.read_bytes(), Loader))  # noqa: S506 - a safe one


def parsed(data: Mapping[str, Any], scene: str) -> list[Exchange]:
    """The exchanges of a cassette's content; KeyError or TypeError where it is none."""
    label = data["provenance"]["label"]
    return [_exchange(scene, label, one["request"], one["response"]) for one in data["interactions"]]


def json_or_text(body: str | bytes | None) -> Any:
    """A body by its meaning where it is JSON, else as it is."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


def compared(body: str | bytes | None, headers: Mapping[str, str]) -> Any:
    """A body as it is compared: form fields by name, whatever stands between them."""
    kind = headers.get("content-type", "")
    if not body or not kind.startswith("multipart/"):
        return json_or_text(body)
    raw = body if isinstance(body, bytes) else body.encode()
    parts = message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + raw, policy=HTTP).get_payload()
    fields = [_field(one) for one in parts] if isinstance(parts, list) else []
    return sorted(fields, key=lambda one: str(one["name"])) or json_or_text(body)


def _field(part: Any) -> dict[str, Any]:
    name, file = (part.get_param(word, header="content-disposition") for word in ("name", "filename"))
    value = part.get_payload(decode=True)
    if file is None:
        return {"name": name, "value": value.decode("utf-8", "replace")}
    return {"name": name, "file": file, "type": part.get_content_type(), "bytes": value.hex()}


def as_json(data: Any) -> bytes:
    """Data as the body of a reply."""
    return json.dumps(data, ensure_ascii=False).encode()


def meaningful(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that belong to the request: which credential stood where, the content type."""
    kept = {name.lower(): value for name, value in headers.items()}
    if kept.get("content-type", "").startswith("multipart/"):
        kept["content-type"] = "multipart/form-data"  # every client has boundaries of its own
    own = ("x-stainless", "sec-")  # a client library's, a browser's
    return {name: value for name, value in kept.items() if name not in ITS_OWN and not name.startswith(own)}


def _exchange(scene: str, label: str, request: Mapping[str, Any], response: Mapping[str, Any]) -> Exchange:
    body = response["body"]["string"]
    raw = body.encode() if isinstance(body, str) else body
    url = urlsplit(request["uri"])
    headers = {name.lower(): values[0] for name, values in request["headers"].items()}
    return Exchange(
        scene=scene,
        label=label,
        method=request["method"],
        origin=f"{url.scheme}://{url.netloc}",
        path=url.path + (f"?{url.query}" if url.query else ""),
        headers=headers,
        body=compared(request["body"], headers),
        status=response["status"]["code"],
        reason=response["status"]["message"],
        reply_headers={name.lower(): values[0] for name, values in response["headers"].items()},
        chunks=_cut(raw, response.get("x-chunks")),
        framed="x-chunks" in response or raw.startswith((b"data:", b"event:")),
    )


def _cut(raw: bytes, lengths: str | None) -> list[bytes]:
    """The body in the pieces it came in, or event by event where nobody noted them."""
    if lengths is None:
        return [event for event in EVENT_END.split(raw) if event]
    found, start = [], 0
    for length in map(int, lengths.split()):
        found.append(raw[start : start + length])
        start += length
    return [piece for piece in [*found, raw[start:]] if piece]
