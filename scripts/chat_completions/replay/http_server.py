"""An HTTP server on loopback whose handler controls every chunk of a response."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from chat_completions.errors import BadInput

NO_BODY = (204, 304)


class Loopback(ThreadingHTTPServer):
    """A server that takes many connections at once."""

    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Ignore a client that goes away in the middle."""


class QuietHandler(BaseHTTPRequestHandler):
    """A handler with HTTP/1.1 that writes at once and logs nothing; `handle_request` does the work."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_request(self) -> None:
        """Answer one request."""
        raise NotImplementedError

    def do_POST(self) -> None:
        """Answer every method in the same way."""
        self.handle_request()

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_POST  # noqa: N815

    def body(self) -> bytes:
        """Return the request's body, with a content length or chunked."""
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def start(self, status: int, reason: str, headers: Iterable[tuple[str, str]]) -> None:
        """Send the status line and headers; `end_headers` is still to come."""
        self.send_response_only(status, reason)
        for name, value in headers:
            self.send_header(name, value)

    def whole(self, status: int, reason: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """Send a response whose length is known."""
        self.start(status, reason, headers)
        if status not in NO_BODY:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in NO_BODY:
            self.wfile.write(body)

    def chunked(self, status: int, reason: str, headers: Iterable[tuple[str, str]], chunks: Iterable[bytes]) -> None:
        """Send a response in chunks, each as soon as it is there."""
        self.start(status, reason, [*headers, ("transfer-encoding", "chunked")])
        self.end_headers()
        for chunk in chunks:
            self.chunk(chunk)
        self.wfile.write(b"0\r\n\r\n")

    def chunk(self, chunk: bytes) -> None:
        """Send one chunk; an empty one would end the response."""
        if chunk:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Log nothing: whoever serves tells what matters."""


@contextmanager
def serve_on_loopback(handler: type[QuietHandler], port: int = 0) -> Iterator[str]:
    """Serve on 127.0.0.1 while the block runs; yield the URL."""
    try:
        server = Loopback(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no port"
        raise BadInput(f"Port {port} cannot be used: {reason}.", "Give another --port, or none.") from problem
    server.daemon_threads = True
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
