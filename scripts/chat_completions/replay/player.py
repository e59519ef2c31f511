"""Answers requests from cassettes, as a gateway that needs no key.

First a fault that was asked for, then a wrong or missing key, then an exact recording, then the nearest
scene of the same kind, filled so that it fits. A strict replay, for tests, answers what no cassette holds
with 404 and `x-should-retry: false`. Where several gateways are served, each has a path of its own: /NAME/….
"""

import re
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from urllib.parse import urlsplit

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.load import load_gateway
from chat_completions.replay.answers import JSON_TYPE, as_json
from chat_completions.replay.cassette import Exchange
from chat_completions.replay.cassette_store import load_all_exchanges
from chat_completions.replay.faults import Fault
from chat_completions.replay.matching import ReceivedRequest, find_differences
from chat_completions.replay.request_kind import RequestKind, find_kind
from chat_completions.replay.responses import (
    Response,
    error_response,
    find_nearest,
    has_right_key,
    make_up,
    replayed,
)


class Replay:
    """What there is to replay, what was played and what was missed; without `gateways` it is strict."""

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        gateways: Mapping[str, Gateway],
        fault: Fault | None,
        tell: Callable[[str], None],
    ) -> None:
        """Prepare to replay these."""
        self.gateways = gateways
        self.fault = fault
        self.url = ""
        self.sources: list[str] = []
        self._tell = tell
        self._told: set[str] = set()
        self._lock = Lock()
        self.load(exchanges)

    def load(self, exchanges: Sequence[Exchange]) -> None:
        """Replay these from now on, and forget what was played before."""
        self.exchanges = list(exchanges)
        self.played: list[Exchange] = []
        self.misses: list[str] = []
        self._plays = [0] * len(self.exchanges)

    def unplayed(self) -> list[Exchange]:
        """Return the exchanges that nobody asked for."""
        return [exchange for exchange, plays in zip(self.exchanges, self._plays, strict=True) if not plays]

    def answer(self, request: ReceivedRequest, *, faulty: bool = False) -> Response:
        """Return the response to a request."""
        with self._lock:
            request, name = self._split_name(request)
            gateway = self.gateways.get(name)
            try:
                response = self._answer_as(request, gateway, faulty) if gateway else self._strict(request, name)
            except (AttributeError, KeyError, TypeError, ValueError, re.error) as problem:  # of what the client sent
                message = f"the request cannot be read: {type(problem).__name__} {problem}"
                response = error_response(400, message, None, (), None)
            self.sources.append(response.source)
            return response

    def _answer_as(self, request: ReceivedRequest, gateway: Gateway, faulty: bool) -> Response:
        """Return the response of one gateway."""
        kind = find_kind(request.method, request.path, request.body, gateway)
        request = request._replace(path=kind.path) if kind else request
        own = [exchange for exchange in self.exchanges if exchange.scene.startswith(f"{gateway.id}/")]
        if faulty and self.fault and self.fault.status:
            message = f"the replay was told to answer {self.fault.status}"
            return error_response(self.fault.status, message, kind, own, gateway)
        if kind and not has_right_key(request, gateway):
            return error_response(401, "the API key is missing or wrong", kind, own, gateway)
        exact = self._find_exact(request, gateway.id)
        if exact is not None:
            return replayed(exact, self.url)
        if isinstance(request.body, str):
            return error_response(400, "the body is not JSON", kind, (), gateway)
        return self._nearest(request, kind, own, gateway) if kind else self._not_found(_no_such_path(request, gateway))

    def _nearest(
        self, request: ReceivedRequest, kind: RequestKind, own: Sequence[Exchange], gateway: Gateway
    ) -> Response:
        """Return what fits a request that no cassette holds, and say once where it comes from."""
        made_up = make_up(request, kind, gateway)
        nearest = None if made_up else find_nearest(request, kind, own, self.gateways)
        if nearest:
            self._play(nearest)
            self._tell_once(f"this request was not recorded: the answer is that of {nearest.source}, to another prompt")
            return replayed(nearest, self.url)
        if made_up is None:
            exchanges = load_all_exchanges()
            known = {name: load_gateway(name) for name in {one.scene.partition("/")[0] for one in exchanges}}
            nearest = find_nearest(request, kind, exchanges, known)
            if nearest is None:
                return self._not_found(f"nothing of the kind of {request.method} {request.path} was recorded")
            made_up = replayed(nearest, self.url)._replace(source=f"made up from {nearest.source}")
        self._tell_once(f"this request was not recorded: the answer is {made_up.source}")
        return made_up

    def _strict(self, request: ReceivedRequest, name: str) -> Response:
        exact = self._find_exact(request, name)
        return replayed(exact, self.url) if exact else self._miss(request, name)

    def _split_name(self, request: ReceivedRequest) -> tuple[ReceivedRequest, str]:
        """Return the request without a leading /NAME, and the gateway that it is for."""
        name, _, rest = request.path[1:].partition("/")
        known = {*self.gateways, *(exchange.scene.partition("/")[0] for exchange in self.exchanges)}
        if name in known:
            return request._replace(path=f"/{rest}"), name
        return request, next(iter(known)) if len(known) == 1 else ""

    def _find_exact(self, request: ReceivedRequest, name: str) -> Exchange | None:
        """Return the recording of a request.

        One that a scene holds several times, as when a state is polled, is answered in order; one that
        several scenes hold is taken for the next of the scene that was played last.
        """
        matches = [
            number
            for number, exchange in enumerate(self.exchanges)
            if (not name or exchange.scene.startswith(f"{name}/")) and not find_differences(request, exchange)
        ]
        if not matches:
            return None
        scenes = [self.exchanges[number].scene for number in matches]
        scene = self.played[-1].scene if self.played and self.played[-1].scene in scenes else scenes[0]
        turns = [number for number in matches if self.exchanges[number].scene == scene]
        number = next((number for number in turns if not self._plays[number]), turns[-1])
        self._play(self.exchanges[number], number)
        return self.exchanges[number]

    def _play(self, exchange: Exchange, number: int | None = None) -> None:
        self._plays[self.exchanges.index(exchange) if number is None else number] += 1
        self.played.append(exchange)

    def _miss(self, request: ReceivedRequest, name: str) -> Response:
        """Return a 404 that says what differs from the recording that is most like the request."""
        own = [exchange for exchange in self.exchanges if not name or exchange.scene.startswith(f"{name}/")]
        found = [(find_differences(request, exchange), exchange.scene) for exchange in own]
        differences, scene = min(found, key=lambda pair: len("".join(pair[0])), default=(["nothing is loaded"], "-"))
        return self._not_found(f"{request.method} {request.path} is not in {scene}: {'; '.join(differences)}")

    def _not_found(self, miss: str) -> Response:
        self.misses.append(miss)
        self._tell_once(miss)
        body = as_json({"error": {"message": miss, "type": "not_recorded"}})
        headers = [("content-type", JSON_TYPE), ("x-should-retry", "false")]
        return Response(404, "Not Found", headers, [body], chunked=False, source="not recorded")

    def _tell_once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._tell(f"Replay: {line}")


def _no_such_path(request: ReceivedRequest, gateway: Gateway) -> str:
    root = urlsplit(gateway.base_url).path.rstrip("/")
    paths = [root + endpoint.path for endpoints in gateway.endpoints.values() for endpoint in endpoints]
    return f"{gateway.name} has no {request.method} {request.path}; it has: {', '.join(paths)}"
