"""Trouble on request: what a stand-in serves so that people can try their own code against it."""

from http import HTTPStatus
from threading import Event, Lock
from typing import Any

from chat_completions.errors import BadInput, UnknownName
from chat_completions.replay.cassette import Exchange, as_json
from chat_completions.replay.serving import Quiet

KINDS = {
    "cut": "half of the reply, then the connection breaks",
    "dead": "the connection breaks before a reply",
    "stall": "the reply begins and never goes on",
    "slow": "a pause before every piece of the reply",
    "html": "200 with a web page",
    "empty": "200 with nothing in it",
    "error": "200 with an error object, in a stream as an event",
}
STATUSES = range(400, 600)
PAUSE, STALLED = 0.5, 600.0  # seconds
ERROR_PAGE = b"<!doctype html><html><body><h1>Something went wrong</h1></body></html>"
MADE = ("x-replay-fault", "made")


class Fault:
    """One kind of trouble, for the first so many replies or for all."""

    def __init__(self, kind: str, times: int | None = None) -> None:
        self.kind = kind
        self._left = times
        self._lock = Lock()
        self.over = Event()

    def due(self) -> bool:
        """Whether the next reply is a troubled one."""
        with self._lock:
            if self._left is None:
                return True
            self._left -= 1
            return self._left >= 0

    def play(self, handler: Quiet, exchange: Exchange, others: list[Exchange]) -> None:
        """Serves the trouble instead of `exchange`; a real error reply among `others` is preferred."""
        if self.kind.isdecimal():
            _status(handler, int(self.kind), exchange, others)
        else:
            PLAYS[self.kind](handler, exchange, self.over)


def parsed(text: str) -> Fault:
    """`503`, or `503@2` for the first two replies; BadInput for anything else."""
    kind, at, times = text.partition("@")
    if not (kind in KINDS or (kind.isdecimal() and int(kind) in STATUSES)):
        raise UnknownName("fault", kind, [*KINDS, "400", "401", "402", "403", "404", "429", "500", "503"])
    if at and not (times.isdecimal() and int(times)):
        raise BadInput(f"--fault {text!r}: what stands after @ is no number.", "Write, for example, 503@1.")
    return Fault(kind, int(times) if at else None)


def _status(handler: Quiet, status: int, exchange: Exchange, others: list[Exchange]) -> None:
    served = [one for one in others if one.status == status]
    real = next((one for one in served if one.path == exchange.path), None)
    if real:
        headers = [*as_told(real), ("x-replay-scene", f"{real.scene} ({real.label})")]
        handler.whole(status, real.reason, headers, b"".join(real.chunks))
        return
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Trouble"
    # One shape that clients of all three protocols find their message in.
    error = {"type": phrase.lower().replace(" ", "_"), "code": status, "status": phrase.upper().replace(" ", "_")}
    body = {"type": "error", "error": {**error, "message": f"{phrase}: this stand-in was told to answer {status}"}}
    wait = [("retry-after", "1")] if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE) else []
    handler.whole(status, phrase, [("content-type", "application/json"), *wait, MADE], as_json(body))


def as_told(exchange: Exchange) -> list[tuple[str, str]]:
    """The headers of a reply, without those that the connection makes itself."""
    return [(n, v) for n, v in exchange.reply_headers.items() if n not in ("content-length", "transfer-encoding")]


def _begun(handler: Quiet, exchange: Exchange) -> None:
    handler.start(exchange.status, exchange.reason, [*as_told(exchange), MADE, ("transfer-encoding", "chunked")])
    handler.end_headers()


def _cut(handler: Quiet, exchange: Exchange, _: Event) -> None:
    _begun(handler, exchange)
    half = len(exchange.chunks) // 2
    whole = (
        [*exchange.chunks[:half], exchange.chunks[half][: len(exchange.chunks[half]) // 2]] if exchange.chunks else []
    )
    for piece in whole:
        handler.frame(piece)
    handler.close_connection = True


def _dead(handler: Quiet, _: Exchange, __: Event) -> None:
    handler.close_connection = True


def _stall(handler: Quiet, exchange: Exchange, over: Event) -> None:
    _begun(handler, exchange)
    handler.frame(b"".join(exchange.chunks[:1])[:20])
    over.wait(STALLED)
    handler.close_connection = True


def _slow(handler: Quiet, exchange: Exchange, over: Event) -> None:
    _begun(handler, exchange)
    for piece in exchange.chunks:
        over.wait(PAUSE)
        handler.frame(piece)
    handler.wfile.write(b"0\r\n\r\n")


def _html(handler: Quiet, _: Exchange, __: Event) -> None:
    handler.whole(200, "OK", [("content-type", "text/html; charset=utf-8"), MADE], ERROR_PAGE)


def _empty(handler: Quiet, exchange: Exchange, _: Event) -> None:
    handler.whole(200, "OK", [*as_told(exchange), MADE], b"")


def _error(handler: Quiet, exchange: Exchange, _: Event) -> None:
    error = as_json({"type": "error", "error": {"type": "server_error", "message": "this stand-in was told to fail"}})
    streams = exchange.reply_headers.get("content-type", "").startswith("text/event-stream")
    handler.whole(200, "OK", [*as_told(exchange), MADE], b"data: " + error + b"\n\n" if streams else error)


PLAYS: dict[str, Any] = {
    "cut": _cut,
    "dead": _dead,
    "stall": _stall,
    "slow": _slow,
    "html": _html,
    "empty": _empty,
    "error": _error,
}
