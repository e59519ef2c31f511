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
# What stands for a key: any key is the first, but one that is called as another of these.
PLACEHOLDERS = ("<key>", "<wrong-key>", "<poor-key>", "<busy-key>")
# A written program draws one of these for each run of a task that is asked for again.
RUN_ID = re.compile(r'"cc-[0-9a-f]{16}"')
# What a client says of itself or of the connection, not of the request.
ITS_OWN = frozenset(
    [
        *("accept", "accept-encoding", "accept-language", "connection", "content-length"),
        *("host", "sec-fetch-mode", "user-agent", "x-goog-api-client", "x-server-timeout"),
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


def parsed(data: Mapping[str, Any], scene: str) -> list[Exchange]:
    """The exchanges of a cassette's content; KeyError or TypeError where it is none."""
    label = data["provenance"]["label"]
    return [_exchange(scene, label, one["request"], one["response"]) for one in data["interactions"]]


def json_or_text(body: str | bytes | None, content_type: str = "") -> Any:
    """A body as it is compared: JSON by its meaning, a form by its parts, anything else as it is."""
    if not body:
        return None
    if content_type.startswith("multipart/form-data"):
        return _parts(body.encode() if isinstance(body, str) else body, content_type)
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        return json.loads(RUN_ID.sub('"cc-*"', text))
    except ValueError:
        return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


def as_json(data: Any) -> bytes:
    """Data as the body of a reply."""
    return json.dumps(data, ensure_ascii=False).encode()


def meaningful(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that belong to the request: which credential stood where, the content type."""
    kept = {name.lower(): value for name, value in headers.items()}
    if kept.get("content-type", "").startswith("multipart/form-data"):
        kept["content-type"] = "multipart/form-data"  # every client draws a boundary of its own
    return {name: value for name, value in kept.items() if name not in ITS_OWN and not name.startswith("x-stainless")}


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
        headers={name.lower(): values[0] for name, values in request["headers"].items()},
        body=json_or_text(request["body"], next(iter(request["headers"].get("content-type", [])), "")),
        status=response["status"]["code"],
        reason=response["status"]["message"],
        reply_headers={name.lower(): values[0] for name, values in response["headers"].items()},
        chunks=_cut(raw, response.get("x-chunks")),
        framed="x-chunks" in response or raw.startswith((b"data:", b"event:")),
    )


def _parts(body: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """A form as its parts, each the name that it has and what is in it."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    found = []
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'\bname="?([^";\r]+)', head)
        found.append((name[1].decode() if name else "", content.removesuffix(b"\r\n")))
    return sorted(found)


def _cut(raw: bytes, lengths: str | None) -> list[bytes]:
    """The body in the pieces it came in, or whole where nobody noted them."""
    found, start = [], 0
    for length in map(int, (lengths or str(len(raw))).split()):
        found.append(raw[start : start + length])
        start += length
    return [piece for piece in [*found, raw[start:]] if piece]
