"""A reverse proxy on loopback that keeps what passes through it.

A program talks to it with placeholders for keys; it puts the real ones in, passes the request
on, and hands the reply back piece by piece, cleaned. What goes wrong on the way to the gateway
reaches the program as what it is: a connection that breaks.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import NamedTuple
from urllib.parse import urlsplit

from chat_completions.live.scrub import Secrets
from chat_completions.live.wire import BROKEN, Reply, asking, origin, why
from chat_completions.replay.serving import Quiet, on_loopback, without


class Heard(NamedTuple):
    """One request and what came of it; `failure` is empty when the reply came whole."""

    method: str
    path: str
    sent: list[tuple[str, str]]
    body: bytes
    status: int = 0
    reason: str = ""
    served: tuple[tuple[str, str], ...] = ()
    chunks: tuple[bytes, ...] = ()
    framed: bool = False
    failure: str = ""


class Recorder:
    """What one recording proxy knows: where it passes to, the keys, and what it heard."""

    def __init__(self, upstream: str, root: str, secrets: Secrets) -> None:
        self.upstream = upstream
        self.root = root
        self.secrets = secrets
        self.heard: list[Heard] = []
        self.url = ""
        self._lock = Lock()

    def at(self, base: str, path: str) -> str:
        """The address under `base` of what the program asked for: behind it, or beside it as a picture may be."""
        rest = path.removeprefix(self.root)
        return base + rest if path.startswith(f"{self.root}/") else origin(base) + path

    def shown(self, chunks: list[bytes]) -> list[bytes]:
        """A reply as the program gets it: no key in it, and the gateway's own addresses lead here."""
        there, here = (origin(one).encode() for one in (self.upstream, self.url))
        return [chunk.replace(there, here) for chunk in self.secrets.clean_chunks(chunks)]

    def keep(self, heard: Heard) -> None:
        """Remembers one exchange."""
        with self._lock:
            self.heard.append(heard)


@contextmanager
def recording(upstream: str, base_url: str, secrets: Secrets) -> Iterator[Recorder]:
    """A proxy in front of `upstream` while the block runs; its `url` stands for `base_url`."""
    recorder = Recorder(upstream.rstrip("/"), urlsplit(base_url).path.rstrip("/"), secrets)

    class Handler(Quiet):
        def handled(self) -> None:
            body = self.body()
            asked = Heard(self.command, self.path, list(self.headers.items()), body)
            recorder.keep(_passed(self, recorder, asked))

    with on_loopback(Handler, wait=True) as url:
        recorder.url = url + recorder.root
        yield recorder


def _passed(handler: Quiet, recorder: Recorder, asked: Heard) -> Heard:
    """The exchange, once its reply has gone to the program or has failed."""
    headers = {n: recorder.secrets.real(v) for n, v in without(asked.sent, ["host", "accept-encoding"])}
    chunks: list[bytes] = []
    heard = asked
    try:
        with asking(asked.method, recorder.at(recorder.upstream, asked.path), headers, asked.body or None) as reply:
            framed = reply.framed or reply.header("content-type").startswith("text/event-stream")
            heard = asked._replace(status=reply.status, reason=reply.reason, served=tuple(reply.headers), framed=framed)
            _hand_back(handler, reply, recorder, chunks, framed=framed)
    except BROKEN as problem:
        handler.close_connection = True
        return heard._replace(chunks=tuple(chunks), failure=why(problem) or "no reply")
    return heard._replace(chunks=tuple(chunks))


def _hand_back(handler: Quiet, reply: Reply, recorder: Recorder, chunks: list[bytes], *, framed: bool) -> None:
    """Sends the reply on. A program that has what it needs may be gone: the rest is read all the same."""
    headers = [(name, recorder.secrets.clean(value)) for name, value in without(reply.headers, [])]
    if not framed:
        chunks += reply.pieces
        with suppress(OSError):
            handler.whole(reply.status, reply.reason, headers, b"".join(recorder.shown(chunks)))
        return
    with suppress(OSError):
        handler.start(reply.status, reply.reason, [*headers, ("transfer-encoding", "chunked")])
        handler.end_headers()
    for piece in reply.pieces:
        chunks.append(piece)
        with suppress(OSError):
            handler.frame(recorder.shown([piece])[0])
    with suppress(OSError):
        handler.wfile.write(b"0\r\n\r\n")
