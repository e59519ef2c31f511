"""Serve a replay over HTTP on loopback."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from chat_completions.catalog.gateway import Gateway
from chat_completions.errors import BadInput
from chat_completions.replay.cassette import Exchange, parse_body
from chat_completions.replay.matching import ReceivedRequest
from chat_completions.replay.player import Replay
from chat_completions.replay.responses import Fault, Response

NO_BODY = (204, 304)


@contextmanager
def serve(
    exchanges: Sequence[Exchange],
    gateways: Mapping[str, Gateway] | None = None,
    *,
    port: int = 0,
    fault: Fault | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[Replay]:
    """Serve on 127.0.0.1 while the block runs; `url` of the yielded Replay is the root."""
    replay = Replay(exchanges, gateways or {}, fault, report)
    try:
        server = ReplayServer(("127.0.0.1", port), type("Handler", (ReplayHandler,), {"replay": replay}))
    except (OSError, OverflowError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not a port"
        raise BadInput(f"Port {port} cannot be used: {reason}.", "Give another --port, or none.") from problem
    replay.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield replay
    except KeyboardInterrupt:
        server.block_on_close = False  # of connections that are still open
        raise
    finally:
        server.shutdown()
        server.server_close()


class ReplayServer(ThreadingHTTPServer):
    """A server for many connections at once."""

    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Ignore a client that closes its connection early."""


class ReplayHandler(BaseHTTPRequestHandler):
    """Answer every request from the replay, each chunk as it was recorded."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    replay: Replay

    def do_POST(self) -> None:
        """Answer a request, whatever its method."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = parse_body(self._read_body(), headers)
        response = self.replay.answer(ReceivedRequest(self.command, self.path, headers, body))
        with suppress(OSError):  # the client may have closed the connection
            self._send(response)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing: the replay reports what matters."""

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, response: Response) -> None:
        body = b"".join(response.chunks)
        self.send_response_only(response.status, response.reason)
        for name, value in (*response.headers, ("x-replay-scene", response.source)):
            self.send_header(name, value)
        if response.chunked:
            self.send_header("transfer-encoding", "chunked")
        elif response.status not in NO_BODY:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if response.chunked:
            self._send_chunks(response)
        elif self.command != "HEAD" and response.status not in NO_BODY:
            self.wfile.write(body)

    def _send_chunks(self, response: Response) -> None:
        for chunk in filter(None, response.chunks):  # an empty one would end the response
            time.sleep(response.pause)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        if response.complete:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = not response.complete
