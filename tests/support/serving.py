"""A scripted HTTP server on loopback: serves replies in order, records every request."""

import contextlib
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType

from support.replies import Reply

LINE = 65537
PROC = Path("/proc")
SETTLE = 0.1  # seconds: lets the other side read what came before a reset


@dataclass(frozen=True)
class Received:
    """One request as it arrived, and what the machine's process list was just then."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    time: float
    after_answer: bool
    processes: frozenset[bytes] = field(repr=False)


class Server:
    """Serves `replies`, one per request; the last one again for every further request.

    `watch`: whether each request keeps what the process list was. `request_arrived` is set when a request has arrived, `last_byte` is when the last reply was out.
    """

    def __init__(self, replies: Sequence[Reply], *, watch: bool = True) -> None:
        self._watch = watch
        self.replies = list(replies)
        self.choose: Callable[[Received], Reply] | None = None  # instead of the order of the replies
        self.requests: list[Received] = []
        self.connections = 0
        self.request_arrived = Event()
        self.last_byte = 0.0
        self._answering = False
        self._stopping = Event()
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> "Server":  # noqa: PYI034 - Self is not in Python 3.10
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        # Closing a listener does not wake accept() everywhere; a caller does.
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname(), timeout=1).close()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(connection)
        try:
            with contextlib.suppress(OSError), connection.makefile("rb") as stream:
                while not self._stopping.is_set():
                    reply = self._listen(connection, stream)
                    if reply is None or not self._answer(connection, reply):
                        break
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _listen(self, connection: socket.socket, stream: BufferedReader) -> Reply | None:
        if not stream.peek(1)[:1].isalpha():  # a TLS greeting, say
            return None
        first = stream.readline(LINE).decode("latin-1").split()
        headers = _read_headers(stream)
        if headers.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = _read_body(stream, headers)
        path = first[1] if len(first) > 1 else ""
        with self._lock:
            asked = (first[0], path, headers, body, time.monotonic(), self._answering)
            received = Received(*asked, command_lines() if self._watch else frozenset())
            self.requests.append(received)
            reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
            reply = self.choose(received) if self.choose else reply
        self.request_arrived.set()
        takes_gzip = "gzip" in headers.get("accept-encoding", "") or reply.gzip == "unasked"
        return reply.compress() if reply.gzip and takes_gzip else reply

    def _answer(self, connection: socket.socket, reply: Reply) -> bool:
        """Sends the reply; False when the connection is at its end."""
        if reply.instead == "silence":
            self._stopping.wait(reply.hold)
        if reply.instead:
            if reply.instead == "reset":
                _reset(connection)
            return False
        self._stopping.wait(reply.wait)
        self._answering = self._answering or reply.status == 200
        connection.sendall(reply.head())
        pieces = reply.pieces() if reply.pause else [b"".join(reply.pieces())]
        for number, piece in enumerate(pieces):
            if number and reply.pause:
                time.sleep(reply.pause)
            connection.sendall(piece)
        self.last_byte = time.monotonic()
        if reply.end == "hold":
            self._stopping.wait(reply.hold)
        if reply.end == "reset":
            self._stopping.wait(SETTLE)
            _reset(connection)
        return reply.keeps()


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """The URL of a port that refuses connections for as long as this lasts."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def _read_headers(stream: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    while line := stream.readline(LINE).decode("latin-1").rstrip("\r\n"):
        name, _, value = line.partition(":")
        before = headers.get(name.lower())
        headers[name.lower()] = value.strip() if before is None else f"{before}, {value.strip()}"
    return headers


def _read_body(stream: BufferedReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return stream.read(int(headers.get("content-length", 0)))
    body = b""
    while size := int(stream.readline(LINE).split(b";")[0] or b"0", 16):
        body += stream.read(size)
        stream.readline(LINE)
    stream.readline(LINE)
    return body


def _reset(connection: socket.socket) -> None:
    """Makes the close an RST instead of a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def command_lines() -> frozenset[bytes]:
    """The command lines of all processes at this moment."""
    if not PROC.is_dir():
        listed = subprocess.run(["ps", "-axo", "command"], capture_output=True, check=False)
        return frozenset(listed.stdout.splitlines())
    lines = set()
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                lines.add((folder / "cmdline").read_bytes())
    return frozenset(lines)
