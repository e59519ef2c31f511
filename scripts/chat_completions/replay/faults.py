"""Inject faults into responses, so that people can try their own code against them."""

from chat_completions.errors import BadInput, UnknownName
from chat_completions.replay.responses import Response

STATUSES = ("401", "402", "429", "503")
KINDS = (*STATUSES, "cut", "slow", "html")
PAUSE = 0.5  # seconds
ERROR_PAGE = b"<!doctype html><html><body><h1>Something went wrong</h1></body></html>"


class Fault:
    """One kind of fault, for the first so many responses or for all."""

    def __init__(self, kind: str, times: int | None = None) -> None:
        """Prepare a fault; without `times` it never ends."""
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
            headers = [("content-type", "text/html; charset=utf-8")]
            return Response(200, "OK", headers, [ERROR_PAGE], chunked=False, source="constructed")
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
