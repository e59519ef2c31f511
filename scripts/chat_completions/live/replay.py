"""Serves cassettes on loopback: a stand-in gateway.

A request is matched strictly: method, path, JSON body and the headers that mean something, with
the key's place compared and not the key. One that no cassette holds is answered with 404 and
`x-should-retry: false`, so that client libraries do not ask again, and with what differs from
the nearest exchange. A lenient replay answers with that nearest exchange and says so.

A recorded `<any>` stands for any text but an empty one. A request that a scene holds several
times is answered in order, the last reply again and again. Where a reply names the place it came
from, as an address of a picture does, the replay puts its own.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import SequenceMatcher
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, NamedTuple

from chat_completions.live.cassette import Exchange, compared, meaningful

KEY_HEADERS = ("authorization", "x-api-key", "x-goog-api-key")
ANY = "<any>"
HOP_BY_HOP = ("connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding")


class Asked(NamedTuple):
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Replay:
    """The state of one stand-in: what there is to play, what was played, what was missed."""

    def __init__(self, exchanges: Sequence[Exchange], *, lenient: bool, tell: Callable[[str], None]) -> None:
        self.exchanges = list(exchanges)
        self.lenient = lenient
        self.tell = tell
        self.played: list[Exchange] = []
        self.misses: list[str] = []
        self.url = ""
        self._lock = Lock()

    def answer(self, asked: Asked) -> Exchange | str:
        """The exchange to play, or what is wrong with the request."""
        with self._lock:
            matching = [one for one in self.exchanges if not differences(asked, one)]
            if not matching:
                return self._without_match(asked)
            series = [one for one in matching if one.scene == matching[0].scene]
            found = next((one for one in series if not self._was_played(one)), series[-1])
            self.played.append(found)
            return found

    def unplayed(self) -> list[Exchange]:
        """The exchanges that nobody asked for."""
        return [one for one in self.exchanges if not self._was_played(one)]

    def _was_played(self, exchange: Exchange) -> bool:
        return any(one is exchange for one in self.played)

    def _without_match(self, asked: Asked) -> Exchange | str:
        near = nearest(asked, self.exchanges)
        if near is None:
            miss = f"{asked.method} {asked.path}: no cassette is loaded"
        else:
            miss = f"{asked.method} {asked.path} is not on {near.scene}: {'; '.join(differences(asked, near))}"
            if self.lenient:
                self.tell(f"replay: no cassette holds this request; answering from {near.scene} ({near.label})")
                self.played.append(near)
                return near
        self.misses.append(miss)
        return miss


def differences(asked: Asked, exchange: Exchange) -> list[str]:
    """What keeps a request from being that of an exchange, in words; empty when nothing does."""
    found = []
    if (asked.method, asked.path) != (exchange.method, exchange.path):
        found.append(f"recorded is {exchange.method} {exchange.path}")
    found += _header_differences(meaningful(asked.headers), meaningful(exchange.headers))
    if not alike(asked.body, exchange.body):
        found.append(_body_difference(asked.body, exchange.body))
    return found


def alike(asked: Any, recorded: Any) -> bool:
    """Whether a body, or a part of one, is the recorded one; `<any>` is any text."""
    if recorded == ANY:
        return isinstance(asked, str) and bool(asked)
    if isinstance(asked, dict) and isinstance(recorded, dict):
        return asked.keys() == recorded.keys() and all(alike(asked[name], recorded[name]) for name in asked)
    if isinstance(asked, list) and isinstance(recorded, list):
        return len(asked) == len(recorded) and all(map(alike, asked, recorded))
    return bool(asked == recorded) and isinstance(asked, bool) == isinstance(recorded, bool)


def nearest(asked: Asked, exchanges: Sequence[Exchange]) -> Exchange | None:
    """The exchange that differs least: same path first, then as stream or whole, then the body."""

    def closeness(exchange: Exchange) -> tuple[bool, bool, bool, float]:
        streams = [isinstance(body, dict) and body.get("stream") is True for body in (asked.body, exchange.body)]
        ours, theirs = (json.dumps(body, sort_keys=True)[:2000] for body in (asked.body, exchange.body))
        likeness = SequenceMatcher(None, ours, theirs).quick_ratio()
        return exchange.path == asked.path, streams[0] == streams[1], exchange.status == HTTPStatus.OK, likeness

    return max(exchanges, key=closeness, default=None)


@contextmanager
def serving(
    exchanges: Sequence[Exchange], *, port: int = 0, lenient: bool = False, tell: Callable[[str], None] = print
) -> Iterator[Replay]:
    """A stand-in gateway on 127.0.0.1 while the block runs; `url` of the yielded Replay is its root."""
    replay = Replay(exchanges, lenient=lenient, tell=tell)
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(replay))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    replay.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield replay
    finally:
        server.shutdown()
        server.server_close()


def _handler(replay: Replay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = replay.answer(Asked(self.command, self.path, headers, compared(body, headers)))
            if isinstance(found, str):
                self._miss(found)
            else:
                self._play(found)

        do_GET = do_POST  # noqa: N815

        def _play(self, exchange: Exchange) -> None:
            self.send_response(exchange.status, exchange.reason)
            for name, value in exchange.reply_headers.items():
                if name not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            here = [piece.replace(exchange.origin.encode(), replay.url.encode()) for piece in exchange.chunks]
            for piece in [*here, b""]:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()

        def _miss(self, words: str) -> None:
            body = json.dumps({"error": {"message": words, "type": "not_on_cassette"}}).encode()
            self.send_response(404)
            for name, value in (("content-type", "application/json"), ("x-should-retry", "false")):
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: what matters is told by the replay itself."""

    return Handler


def _header_differences(asked: dict[str, str], recorded: dict[str, str]) -> list[str]:
    """A key only has to stand where it stood, behind the same prefix: its value is a placeholder."""
    found = []
    for name in sorted({*asked, *recorded}):
        ours, theirs = asked.get(name), recorded.get(name)
        if name in KEY_HEADERS and ours and theirs:
            ours, theirs = (value.rpartition(" ")[0] for value in (ours, theirs))
        if ours != theirs:
            found.append(f"header {name}: {'absent' if ours is None else 'another value'}, recorded {theirs!r}")
    return found


def _body_difference(asked: Any, recorded: Any) -> str:
    if not (isinstance(asked, dict) and isinstance(recorded, dict)):
        return "the body differs"
    names = [name for name in {**asked, **recorded} if not alike(asked.get(name), recorded.get(name))]
    return f"the body differs in {', '.join(names)}"
