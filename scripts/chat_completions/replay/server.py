"""Serves the answers of a Replay on loopback."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from chat_completions.catalog.gateway import Gateway
from chat_completions.replay.cassette import Exchange, parse_body
from chat_completions.replay.faults import Fault
from chat_completions.replay.http_server import QuietHandler, serve_on_loopback
from chat_completions.replay.matching import ReceivedRequest
from chat_completions.replay.player import Replay
from chat_completions.replay.responses import Response


@contextmanager
def serve(
    exchanges: Sequence[Exchange],
    gateways: Mapping[str, Gateway] | None = None,
    *,
    port: int = 0,
    fault: Fault | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Replay]:
    """Serve on 127.0.0.1 while the block runs; `url` of the yielded Replay is the root."""
    replay = Replay(exchanges, gateways or {}, fault, tell)

    class Handler(QuietHandler):
        def handle_request(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = parse_body(self.body(), headers)
            due = bool(fault and fault.is_due())
            response = replay.answer(ReceivedRequest(self.command, self.path, headers, body), faulty=due)
            with suppress(OSError):  # the client may be gone before the end
                if due and fault and not fault.status:
                    fault.send(self, response)
                else:
                    _send(self, response)

    with serve_on_loopback(Handler, port) as url:
        replay.url = url
        yield replay


def _send(handler: QuietHandler, response: Response) -> None:
    headers = [*response.headers, ("x-replay-scene", response.source)]
    if response.chunked:
        handler.chunked(response.status, response.reason, headers, response.chunks)
    else:
        handler.whole(response.status, response.reason, headers, b"".join(response.chunks))
