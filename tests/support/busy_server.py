"""A gateway on loopback that is busy at times: it counts answers and how many requests it holds at once."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from support.protocols import answer_body

PROMPT = re.compile(r"Prompt (\d+)\b")
REFUSALS = {3: 429, 7: 503}  # by the last digit of a prompt's number: how its first request is refused


class BusyServer:
    """What it was asked, by the number of the prompt, and the most requests that it held at once.

    `delay` is how long each answer takes, `broken` are prompts that it refuses for good, `held` those that it keeps
    waiting.
    """

    def __init__(self, protocol: str, delay: float) -> None:
        """Answer in the form of a protocol."""
        self.protocol, self.delay = protocol, delay
        self.url = ""
        self.broken: set[int] = set()
        self.held: set[int] = set()
        self.answered: Counter[int] = Counter()
        self.refused: Counter[int] = Counter()
        self.most = 0
        self._now = 0
        self._lock = Lock()

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """Return status and body for a request."""
        number = int((PROMPT.search(body.decode()) or ["", "0"])[1])
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            status = 400 if number in self.broken else 200
            if status == 200 and number not in self.refused:
                status = REFUSALS.get(number % 10, 200)
            (self.answered if status == 200 else self.refused)[number] += 1
        time.sleep(60 if number in self.held else self.delay)
        text = answer_body({"text": f"Answer {number}"}, self.protocol)
        with self._lock:
            self._now -= 1
        return status, text if status == 200 else json.dumps({"error": {"message": f"refused {status}"}}).encode()


@contextmanager
def busy_server(protocol: str = "openai-chat", delay: float = 0.01) -> Iterator[BusyServer]:
    """Serve in this block."""
    server = BusyServer(protocol, delay)

    class Handler(BaseHTTPRequestHandler):
        """Hands each request to the server."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            """Answer a request."""
            status, body = server.answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            if status == 429:
                self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
