"""Responses of the replay: recorded ones, errors and faults."""

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from chat_completions.catalog.types import EMPTY
from chat_completions.errors import BadInput, UnknownName
from chat_completions.replay.cassette import Exchange
from chat_completions.replay.matching import Candidate

ERROR_NAMES = {401: "authentication_error", 429: "rate_limit_error"}
STATUSES = ("401", "402", "429", "503")
KINDS = (*STATUSES, "cut", "slow", "html")
PAUSE = 0.5  # seconds
ERROR_PAGE = b"<!doctype html><html><body><h1>Something went wrong</h1></body></html>"


class Response(NamedTuple):
    """A response to send, and its source; a fault may set a `pause` before each chunk or leave it incomplete."""

    status: int
    headers: Mapping[str, str]
    chunks: Sequence[bytes]
    source: str
    chunked: bool = False
    pause: float = 0  # seconds
    complete: bool = True


class Fault:
    """One kind of fault, for the first so many responses or, without `times`, for all."""

    def __init__(self, kind: str, times: int | None) -> None:
        self.kind = kind
        self.status = int(kind) if kind in STATUSES else 0  # served instead of an answer
        self._left = times

    def is_due(self) -> bool:
        """Return whether the next response is a faulty one, and count it."""
        if self._left is not None:
            self._left -= 1
        return self._left is None or self._left >= 0

    def apply(self, response: Response) -> Response:
        """Return the response with the fault in it."""
        if self.kind == "html":
            return Response(200, {"content-type": "text/html; charset=utf-8"}, [ERROR_PAGE], "constructed")
        if self.kind == "slow":
            return response._replace(chunked=True, pause=PAUSE)
        half = len(response.chunks) // 2
        part = [chunk[: len(chunk) // 2] for chunk in response.chunks[half : half + 1]]
        return response._replace(chunked=True, complete=False, chunks=[*response.chunks[:half], *part])


def parse_fault(text: str) -> Fault:
    """Return the fault that `503`, or `503@2` for the first two responses, stands for."""
    kind, at, times = text.partition("@")
    if kind not in KINDS:
        raise UnknownName("fault", kind, KINDS)
    if at and not (times.isdecimal() and int(times)):
        raise BadInput(f"--fault {text!r}: after @ stands a number.", "Write, for example, 503@1.")
    return Fault(kind, int(times) if at else None)


def recorded_response(exchange: Exchange, url: str) -> Response:
    """Return a recorded response, with our URL in place of the address from which it came, as in a link to an image."""
    chunks = [chunk.replace(exchange.origin.encode(), url.encode()) for chunk in exchange.chunks]
    dropped = ("content-length", "transfer-encoding")
    headers = {name: value for name, value in exchange.response_headers.items() if name not in dropped}
    return Response(exchange.status, headers, chunks, exchange.source, exchange.chunked)


def error_response(status: int, message: str, protocol: str = "", candidates: Iterable[Candidate] = ()) -> Response:
    """Return an error as the gateway words it in one of the candidates, else in the form of the protocol."""
    for exchange, kind in candidates:
        if (exchange.status, kind.protocol) == (status, protocol):
            return recorded_response(exchange, "")
    name = ERROR_NAMES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    error: dict[str, Any] = {"error": {"message": message, "type": name, "code": str(status)}}
    if protocol == "anthropic-messages":
        error = {"type": "error", "error": {"type": name, "message": message}}
    elif protocol == "gemini-generate":
        error = {"error": {"code": status, "message": message, "status": name.upper()}}
    return json_response(error, "constructed", status, {"retry-after": "1"} if status in (429, 503) else EMPTY)


def json_response(data: Any, source: str, status: int = 200, headers: Mapping[str, str] = EMPTY) -> Response:
    """Return a response with data as JSON."""
    return Response(status, {"content-type": "application/json", **headers}, [as_json(data)], source)


def as_json(data: Any) -> bytes:
    """Return data as the body of a response."""
    return json.dumps(data, ensure_ascii=False).encode()
