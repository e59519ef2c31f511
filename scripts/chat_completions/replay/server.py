"""Serves cassettes on loopback: a stand-in gateway.

A request is matched strictly. One that no cassette holds is answered with 404 and
`x-should-retry: false`, so that client libraries do not ask again, and with what differs from
the nearest exchange. A lenient replay answers with that nearest exchange and says so. Where
several gateways are served, each also stands under its own name: /NAME/….
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock

from chat_completions.replay.cassette import Exchange, as_json, compared
from chat_completions.replay.faults import Fault, as_told
from chat_completions.replay.matching import Asked, differences, nearest
from chat_completions.replay.serving import Quiet, on_loopback


class Replay:
    """The state of one stand-in: what there is to play, what was played, what was missed."""

    def __init__(self, exchanges: Sequence[Exchange], *, lenient: bool, tell: Callable[[str], None]) -> None:
        self.lenient = lenient
        self.tell = tell
        self.url = ""
        self._lock = Lock()
        self.load(exchanges)

    def load(self, exchanges: Sequence[Exchange]) -> None:
        """Plays these from now on, and knows nothing of what was played before."""
        self.exchanges = list(exchanges)
        self.played: list[Exchange] = []
        self.misses: list[str] = []
        self._plays = [0] * len(self.exchanges)

    def answer(self, asked: Asked) -> Exchange | str:
        """The exchange to play, or what is wrong with the request."""
        with self._lock:
            asked, among = self._of_gateway(asked)
            matches = [number for number in among if not differences(asked, self.exchanges[number])]
            if not matches:
                return self._without_match(asked, among)
            # A request that a scene holds several times, as when a state is polled, is answered in order;
            # one that several scenes hold is taken for the next of the scene that was played last.
            scenes = [self.exchanges[number].scene for number in matches]
            last = self.played[-1].scene if self.played else ""
            scene = last if last in scenes else scenes[0]
            turns = [number for number in matches if self.exchanges[number].scene == scene]
            return self._play(next((number for number in turns if not self._plays[number]), turns[-1]))

    def unplayed(self) -> list[Exchange]:
        """The exchanges that nobody asked for."""
        return [one for one, plays in zip(self.exchanges, self._plays, strict=True) if not plays]

    def _of_gateway(self, asked: Asked) -> tuple[Asked, list[int]]:
        """The request without a leading /NAME, and the places of the exchanges that it may mean."""
        name, rest = asked.path[1:].partition("/")[0], "/" + asked.path[1:].partition("/")[2]
        own = [number for number, one in enumerate(self.exchanges) if one.scene.startswith(f"{name}/")]
        return (asked._replace(path=rest), own) if own else (asked, list(range(len(self.exchanges))))

    def _play(self, number: int) -> Exchange:
        self._plays[number] += 1
        self.played.append(self.exchanges[number])
        return self.exchanges[number]

    def _without_match(self, asked: Asked, among: Sequence[int]) -> Exchange | str:
        near = nearest(asked, [self.exchanges[number] for number in among])
        if near is None:
            miss = f"{asked.method} {asked.path}: no cassette is loaded"
        elif self.lenient and near.method == asked.method:
            self.tell(f"replay: no cassette holds this request; answering from {near.scene} ({near.label})")
            return self._play(next(number for number in among if self.exchanges[number] is near))
        else:
            miss = f"{asked.method} {asked.path} is not on {near.scene}: {'; '.join(differences(asked, near))}"
        self.misses.append(miss)
        self.tell(f"replay: {miss}")
        return miss


@contextmanager
def serving(
    exchanges: Sequence[Exchange],
    *,
    port: int = 0,
    lenient: bool = False,
    fault: Fault | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Replay]:
    """A stand-in gateway on 127.0.0.1 while the block runs; `url` of the yielded Replay is its root."""
    replay = Replay(exchanges, lenient=lenient, tell=tell)

    class Handler(Quiet):
        def handled(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = compared(self.body(), headers)
            found = replay.answer(Asked(self.command, self.path, headers, body))
            with suppress(OSError):  # who asked may be gone before the end
                if isinstance(found, str):
                    _miss(self, found)
                elif fault and fault.due():
                    fault.play(self, found, replay.exchanges)
                else:
                    _play(self, found, replay.url)

    with on_loopback(Handler, port) as url:
        replay.url = url
        try:
            yield replay
        finally:
            if fault:
                fault.over.set()


def _play(handler: Quiet, exchange: Exchange, here: str) -> None:
    # Where a reply names the place that it came from, as the address of a picture does, stands ours.
    pieces = [piece.replace(exchange.origin.encode(), here.encode()) for piece in exchange.chunks]
    headers = [*as_told(exchange), ("x-replay-scene", f"{exchange.scene} ({exchange.label})")]
    if exchange.framed:
        handler.framed(exchange.status, exchange.reason, headers, pieces)
    else:
        handler.whole(exchange.status, exchange.reason, headers, b"".join(pieces))


def _miss(handler: Quiet, words: str) -> None:
    body = as_json({"error": {"message": words, "type": "not_on_cassette"}})
    handler.whole(404, "Not Found", [("content-type", "application/json"), ("x-should-retry", "false")], body)
