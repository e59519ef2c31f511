"""Read cassettes: recorded, documented or constructed exchanges in vcrpy's format, and their responses.

Beside vcrpy's own keys a file holds `provenance` (label, source, date, note), and a response may hold
`x-chunks`: the lengths in bytes of the chunks in which it arrived. vcrpy ignores both.
"""

import json
import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.policy import HTTP
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from chat_completions.catalog.types import EMPTY
from chat_completions.errors import BadData
from chat_completions.paths import cassettes

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LABELS = ("recorded", "documented", "constructed")
EVENT_END = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)")  # the blank line after an event of a stream
# What stands for a key in a cassette: the first for any key but those that the others name, such as `wrong-key`.
PLACEHOLDERS = ("<key>", "<wrong-key>", "<poor-key>", "<busy-key>")


class Response(NamedTuple):
    """A response to send, and its source; a fault may set a `pause` before each chunk or leave it incomplete."""

    status: int
    headers: Mapping[str, str]
    chunks: Sequence[bytes]
    source: str
    chunked: bool = False
    pause: float = 0  # seconds
    complete: bool = True


class Exchange(NamedTuple):
    """One request and its response, whose body arrived in `chunks`.

    `cassette` is gateway/name, `origin` the scheme and host of the request, as in links of the response.
    """

    cassette: str
    label: str
    method: str
    origin: str
    path: str
    headers: Mapping[str, str]
    body: Any
    status: int
    response_headers: Mapping[str, str]
    chunks: list[bytes]
    chunked: bool

    @property
    def gateway(self) -> str:
        """Return the name of the gateway."""
        return self.cassette.partition("/")[0]

    @property
    def source(self) -> str:
        """Return the cassette with its label."""
        return f"{self.cassette} ({self.label})"

    def response(self, url: str) -> Response:
        """Return the response with `url` in place of the address from which it came, as in a link to an image."""
        chunks = [chunk.replace(self.origin.encode(), url.encode()) for chunk in self.chunks]
        dropped = ("content-length", "transfer-encoding")
        headers = {name: value for name, value in self.response_headers.items() if name not in dropped}
        return Response(self.status, headers, chunks, self.source, self.chunked)


def json_response(data: Any, source: str, status: int = 200, headers: Mapping[str, str] = EMPTY) -> Response:
    """Return a response with data as JSON."""
    return Response(status, {"content-type": "application/json", **headers}, [as_json(data)], source)


def as_json(data: Any) -> bytes:
    """Return data as the body of a response."""
    return json.dumps(data, ensure_ascii=False).encode()


def recorded_gateways() -> list[str]:
    """Return the gateways that have any cassette."""
    return sorted({file.parent.name for file in cassettes().glob("*/*.yaml")})


def load_exchanges(gateway: str) -> list[Exchange]:
    """Return every exchange of a gateway, recorded ones first."""
    exchanges = [
        exchange for file in sorted((cassettes() / gateway).glob("*.yaml")) for exchange in read_cassette(file)
    ]
    return sorted(exchanges, key=lambda exchange: LABELS.index(exchange.label))


@cache
def load_all_exchanges() -> list[Exchange]:
    """Return the exchanges of all gateways; read once, and only when one is needed."""
    return [exchange for gateway in recorded_gateways() for exchange in load_exchanges(gateway)]


def read_cassette(file: Path) -> list[Exchange]:
    """Return the exchanges of one cassette, in order; BadData where the file is not a cassette."""
    try:
        return parse_cassette(load_cassette(file), f"{file.parent.name}/{file.stem}")
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as problem:
        raise BadData(f"{file} is not a cassette: {type(problem).__name__} {problem}") from problem


def load_cassette(file: Path) -> dict[str, Any]:
    """Return a cassette as data, with its provenance."""
    return dict(yaml.load(file.read_bytes(), Loader))  # noqa: S506 - a safe one


def parse_cassette(data: Mapping[str, Any], cassette: str) -> list[Exchange]:
    """Return the exchanges of a cassette's content; KeyError or TypeError where it is not a cassette."""
    label = data["provenance"]["label"]
    return [_exchange(cassette, label, item["request"], item["response"]) for item in data["interactions"]]


def parse_body(body: str | bytes | None, headers: Mapping[str, str]) -> Any:
    """Return a body for comparison: JSON as data, form fields by name, else text."""
    content_type = headers.get("content-type", "")
    if not body or not content_type.startswith("multipart/"):
        return _json_or_text(body)
    raw = body if isinstance(body, bytes) else body.encode()
    form = message_from_bytes(b"content-type: " + content_type.encode() + b"\r\n\r\n" + raw, policy=HTTP)
    parts = form.get_payload()
    fields = [_form_field(part) for part in parts] if isinstance(parts, list) else []
    return sorted(fields, key=lambda field: str(field["name"])) or _json_or_text(body)


def _json_or_text(body: str | bytes | None) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


def _form_field(part: Any) -> dict[str, Any]:
    name, file = (part.get_param(key, header="content-disposition") for key in ("name", "filename"))
    value = part.get_payload(decode=True)
    if file is None:
        return {"name": name, "value": value.decode("utf-8", "replace")}
    return {"name": name, "file": file, "type": part.get_content_type(), "bytes": value.hex()}


def _exchange(cassette: str, label: str, request: Mapping[str, Any], response: Mapping[str, Any]) -> Exchange:
    body = response["body"]["string"]
    raw = body.encode() if isinstance(body, str) else body
    url = urlsplit(request["uri"])
    headers = {name.lower(): values[0] for name, values in request["headers"].items()}
    return Exchange(
        cassette=cassette,
        label=label,
        method=request["method"],
        origin=f"{url.scheme}://{url.netloc}",
        path=url.path + (f"?{url.query}" if url.query else ""),
        headers=headers,
        body=parse_body(request["body"], headers),
        status=response["status"]["code"],
        response_headers={name.lower(): values[0] for name, values in response["headers"].items()},
        chunks=_split(raw, response.get("x-chunks")),
        chunked="x-chunks" in response or raw.startswith((b"data:", b"event:")),
    )


def _split(raw: bytes, lengths: str | None) -> list[bytes]:
    """Return the body in the chunks in which it arrived, or event by event where their lengths are not known."""
    if lengths is None:
        return [event for event in EVENT_END.split(raw) if event]
    chunks, start = [], 0
    for length in map(int, lengths.split()):
        chunks.append(raw[start : start + length])
        start += length
    return [chunk for chunk in [*chunks, raw[start:]] if chunk]
