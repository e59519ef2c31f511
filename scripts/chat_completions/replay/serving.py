"""HTTP servers on loopback: what the recorder and the replay have in common."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from chat_completions.errors import BadInput

NO_BODY = (204, 304)


class Loopback(ThreadingHTTPServer):
    """A server that takes many connections at once; `daemon_threads` decides whether it waits for them."""

    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Nothing: a client that goes away in the middle is no fault of ours."""


class Quiet(BaseHTTPRequestHandler):
    """A handler with HTTP/1.1 that writes at once and logs nothing; `handled` does the work."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handled(self) -> None:
        """Answers one request."""
        raise NotImplementedError

    def do_POST(self) -> None:
        """Every method is answered in the same way."""
        self.handled()

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_POST  # noqa: N815

    def body(self) -> bytes:
        """The request's body, with its length told or in chunks."""
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def start(self, status: int, reason: str, headers: Iterable[tuple[str, str]]) -> None:
        """Status line and headers; `end_headers` is still to come."""
        self.send_response_only(status, reason)
        for name, value in headers:
            self.send_header(name, value)

    def whole(self, status: int, reason: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """A reply whose length is known."""
        self.start(status, reason, headers)
        if status not in NO_BODY:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in NO_BODY:
            self.wfile.write(body)

    def framed(self, status: int, reason: str, headers: Iterable[tuple[str, str]], frames: Iterable[bytes]) -> None:
        """A reply in frames, each sent as soon as it is there."""
        self.start(status, reason, [*headers, ("transfer-encoding", "chunked")])
        self.end_headers()
        for frame in frames:
            self.frame(frame)
        self.wfile.write(b"0\r\n\r\n")

    def frame(self, frame: bytes) -> None:
        """One frame of a reply; an empty one would end it."""
        if frame:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(frame), frame))
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nothing: what matters is told by whoever serves."""


@contextmanager
def on_loopback(handler: type[Quiet], port: int = 0, *, wait: bool = False) -> Iterator[str]:
    """A server on 127.0.0.1 while the block runs, as its URL; `wait` lets what is under way end first."""
    try:
        server = Loopback(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no port"
        raise BadInput(f"Port {port} cannot be used: {reason}.", "Give another --port, or none.") from problem
    server.daemon_threads = not wait
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    close = server.server_close
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    except KeyboardInterrupt:
        close = server.socket.close  # which waits for nobody
        raise
    finally:
        server.shutdown()
        close()


def without(headers: Iterable[tuple[str, str]], names: Sequence[str]) -> list[tuple[str, str]]:
    """The headers but those of these names, and those that the connection itself needs."""
    dropped = {*names, *OF_THE_CONNECTION}
    return [(name, value) for name, value in headers if name.lower() not in dropped]


OF_THE_CONNECTION = (
    *("connection", "content-encoding", "content-length", "keep-alive", "proxy-authenticate"),
    *("proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"),
)
