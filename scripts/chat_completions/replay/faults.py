"""Faults on request: what the replay serves so that people can try their own code against it."""

import time
from collections.abc import Callable
from threading import Lock

from chat_completions.errors import BadInput, UnknownName
from chat_completions.replay.http_server import QuietHandler
from chat_completions.replay.responses import Response

STATUSES = ("401", "402", "429", "503")
PAUSE = 0.5  # seconds
ERROR_PAGE = b"<!doctype html><html><body><h1>Something went wrong</h1></body></html>"


class Fault:
    """One kind of fault, for the first so many responses or for all."""

    def __init__(self, kind: str, times: int | None = None) -> None:
        """Prepare a fault; without `times` it never ends."""
        self.kind = kind
        self._left = times
        self._lock = Lock()

    @property
    def status(self) -> int:
        """Return the status that is served instead of an answer, or 0."""
        return int(self.kind) if self.kind in STATUSES else 0

    def is_due(self) -> bool:
        """Return whether the next response is a faulty one, and count it."""
        with self._lock:
            if self._left is not None:
                self._left -= 1
            return self._left is None or self._left >= 0

    def send(self, handler: QuietHandler, response: Response) -> None:
        """Send the fault instead of a good response."""
        SENDERS[self.kind](handler, response)


def parse_fault(text: str) -> Fault:
    """Return the fault that `503`, or `503@2` for the first two responses, stands for."""
    kind, at, times = text.partition("@")
    if kind not in (*STATUSES, *SENDERS):
        raise UnknownName("fault", kind, [*STATUSES, *SENDERS])
    if at and not (times.isdecimal() and int(times)):
        raise BadInput(f"--fault {text!r}: what stands after @ is no number.", "Write, for example, 503@1.")
    return Fault(kind, int(times) if at else None)


def _cut(handler: QuietHandler, response: Response) -> None:
    """Send half of the response, then break the connection."""
    _start(handler, response)
    half = len(response.chunks) // 2
    for chunk in [*response.chunks[:half], *(chunk[: len(chunk) // 2] for chunk in response.chunks[half : half + 1])]:
        handler.chunk(chunk)
    handler.close_connection = True


def _slow(handler: QuietHandler, response: Response) -> None:
    """Pause before every chunk."""
    _start(handler, response)
    for chunk in response.chunks:
        time.sleep(PAUSE)
        handler.chunk(chunk)
    handler.wfile.write(b"0\r\n\r\n")


def _html(handler: QuietHandler, _: Response) -> None:
    """Send a web page with status 200."""
    handler.whole(
        200, "OK", [("content-type", "text/html; charset=utf-8"), ("x-replay-scene", "constructed")], ERROR_PAGE
    )


def _start(handler: QuietHandler, response: Response) -> None:
    headers = [*response.headers, ("x-replay-scene", response.source), ("transfer-encoding", "chunked")]
    handler.start(response.status, response.reason, headers)
    handler.end_headers()


SENDERS: dict[str, Callable[[QuietHandler, Response], None]] = {"cut": _cut, "slow": _slow, "html": _html}
