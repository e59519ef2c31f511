"""Answer requests from cassettes, as a gateway that needs no real key.

In order: the fault of --fault, a refusal of a wrong or missing key, the exact recording, an answer generated
for the user's tools or schema, the nearest recording of the same kind. A strict replay, for tests, answers what no
cassette holds with 404 and `x-should-retry: false`. Several gateways have a path of their own each: /NAME/….
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from urllib.parse import urlsplit

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.errors import BadInput, UnknownName
from chat_completions.replay.answers import GENERATED, error_response, generated_response
from chat_completions.replay.cassette import Exchange, Response, json_response, load_all_exchanges
from chat_completions.replay.matching import Candidate, ReceivedRequest, find_differences, find_nearest, has_right_key
from chat_completions.replay.request_kind import RequestKind, find_kind

STATUSES = ("401", "402", "429", "503")
KINDS = (*STATUSES, "cut", "slow", "html")
PAUSE = 0.5  # seconds
ERROR_PAGE = b"<!doctype html><html><body><h1>Something went wrong</h1></body></html>"


class Fault:
    """One kind of fault, for the first so many responses or, without `times`, for all."""

    def __init__(self, kind: str, times: int | None) -> None:
        self.kind = kind
        self.status = int(kind) if kind in STATUSES else 0  # served instead of an answer
        self._left = times

    def is_due(self) -> bool:
        """Return whether the next response is a faulty one, and count it."""
        if self._left is not None:
            self._left -= 1
        return self._left is None or self._left >= 0

    def apply(self, response: Response) -> Response:
        """Return the response with the fault in it."""
        if self.kind == "html":
            return Response(200, {"content-type": "text/html; charset=utf-8"}, [ERROR_PAGE], "constructed")
        if self.kind == "slow":
            return response._replace(chunked=True, pause=PAUSE)
        half = len(response.chunks) // 2
        part = [chunk[: len(chunk) // 2] for chunk in response.chunks[half : half + 1]]
        return response._replace(chunked=True, complete=False, chunks=[*response.chunks[:half], *part])


def parse_fault(text: str) -> Fault:
    """Return the fault that `503`, or `503@2` for the first two responses, stands for."""
    kind, at, times = text.partition("@")
    if kind not in KINDS:
        raise UnknownName("fault", kind, KINDS)
    if at and not (times.isdecimal() and int(times)):
        raise BadInput(f"--fault {text!r}: after @ stands a number.", "Write, for example, 503@1.")
    return Fault(kind, int(times) if at else None)


class Replay:
    """The exchanges to replay, which of them were played, and what was missed; without `gateways` it is strict."""

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        gateways: Mapping[str, Gateway],
        fault: Fault | None,
        report: Callable[[str], None],
    ) -> None:
        self.gateways = gateways
        self.fault = fault
        self.url = ""
        self.sources: list[str] = []
        self._report = report
        self._reported: set[str] = set()
        self._lock = Lock()
        self.load(exchanges)

    def load(self, exchanges: Sequence[Exchange]) -> None:
        """Replay these from now on, and forget what was played before."""
        self.exchanges = list(exchanges)
        self.misses: list[str] = []
        self._played: set[int] = set()
        self._cassette = ""  # that was played last

    def unplayed(self) -> list[Exchange]:
        """Return the exchanges that were not requested."""
        return [exchange for number, exchange in enumerate(self.exchanges) if number not in self._played]

    def answer(self, request: ReceivedRequest) -> Response:
        """Return the response to a request."""
        with self._lock:
            try:
                response = self._answer(*self._split_name(request))
            except (AttributeError, KeyError, TypeError, ValueError, re.error) as problem:  # of what the client sent
                response = error_response(400, f"the request cannot be read: {type(problem).__name__} {problem}")
            self.sources.append(response.source)
            return response

    def _answer(self, request: ReceivedRequest, name: str) -> Response:
        """Return the fault that is due, else what the gateway of that name answers."""
        gateway = self.gateways.get(name)
        kind = find_kind(request.method, request.path, request.body, gateway) if gateway else None
        protocol = kind.protocol if kind else ""
        fault = self.fault if self.fault and self.fault.is_due() else None
        if fault and fault.status:
            message = f"the replay injects the status {fault.status}"
            return error_response(fault.status, message, protocol, self._candidates(name))
        if gateway and kind and not has_right_key(request.headers, gateway):
            return error_response(401, "the API key is missing or wrong", protocol, self._candidates(name))
        exact = self._find_exact(request._replace(path=kind.path) if kind else request, name)
        if exact:
            response = exact.response(self.url)
        elif gateway and isinstance(request.body, str):
            response = error_response(400, "the body is not JSON", protocol)
        elif gateway and kind:
            response = self._answer_unrecorded(request, kind, gateway)
        else:
            response = self._not_found(_no_such_path(request, gateway) if gateway else self._miss(request, name))
        return fault.apply(response) if fault else response

    def _answer_unrecorded(self, request: ReceivedRequest, kind: RequestKind, gateway: Gateway) -> Response:
        """Return what fits a request that no cassette holds, and report its source."""
        response = generated_response(request.body, kind, gateway)
        if response is None:
            nearest = find_nearest(request, kind, self._candidates(gateway.id))
            if nearest:
                self._cassette = nearest.cassette
                self._report_once(f"this request was not recorded: the answer is {nearest.source}, to another prompt")
                return nearest.response(self.url)
            exchanges = load_all_exchanges()
            gateways = {name: load_gateway(name) for name in {exchange.gateway for exchange in exchanges}}
            nearest = find_nearest(request, kind, _with_kinds(exchanges, gateways))
            if nearest is None:
                return self._not_found(f"nothing of the kind of {request.method} {request.path} was recorded")
            response = nearest.response(self.url)._replace(source=f"{GENERATED} from {nearest.source}")
        self._report_once(f"this request was not recorded: the answer is {response.source}")
        return response

    def _candidates(self, name: str) -> Iterator[Candidate]:
        """Yield the exchanges of one gateway, each with the kind of its request."""
        return _with_kinds((exchange for exchange in self.exchanges if exchange.gateway == name), self.gateways)

    def _split_name(self, request: ReceivedRequest) -> tuple[ReceivedRequest, str]:
        """Return the request without a leading /NAME, and the gateway that it is for."""
        name, _, rest = request.path[1:].partition("/")
        known = {*self.gateways, *(exchange.gateway for exchange in self.exchanges)}
        if name in known:
            return request._replace(path=f"/{rest}"), name
        return request, next(iter(known)) if len(known) == 1 else ""

    def _find_exact(self, request: ReceivedRequest, name: str) -> Exchange | None:
        """Return the recording of a request.

        One that a cassette holds several times, as when a task is polled, is answered in order; of several
        cassettes that hold it, the one that was played last goes on.
        """
        lenient = bool(self.gateways)
        matches = [
            number
            for number, exchange in enumerate(self.exchanges)
            if name in ("", exchange.gateway) and not find_differences(request, exchange, ignore_defaults=lenient)
        ]
        if not matches:
            return None
        cassettes = [self.exchanges[number].cassette for number in matches]
        self._cassette = self._cassette if self._cassette in cassettes else cassettes[0]
        of_cassette = [number for number in matches if self.exchanges[number].cassette == self._cassette]
        number = next((number for number in of_cassette if number not in self._played), of_cassette[-1])
        self._played.add(number)
        return self.exchanges[number]

    def _miss(self, request: ReceivedRequest, name: str) -> str:
        """Describe how a request differs from the most similar recording."""
        exchanges = [exchange for exchange in self.exchanges if name in ("", exchange.gateway)]
        candidates = [(find_differences(request, exchange), exchange.cassette) for exchange in exchanges]
        differences, cassette = min(
            candidates, key=lambda pair: len("".join(pair[0])), default=(["nothing is loaded"], "-")
        )
        return f"{request.method} {request.path} is not in {cassette}: {'; '.join(differences)}"

    def _not_found(self, miss: str) -> Response:
        self.misses.append(miss)
        self._report_once(miss)
        error = {"error": {"message": miss, "type": "not_recorded"}}
        return json_response(error, "not recorded", 404, {"x-should-retry": "false"})

    def _report_once(self, line: str) -> None:
        if line not in self._reported:
            self._reported.add(line)
            self._report(f"Replay: {line}")


def _with_kinds(exchanges: Iterable[Exchange], gateways: Mapping[str, Gateway]) -> Iterator[Candidate]:
    for exchange in exchanges:
        gateway = gateways.get(exchange.gateway)
        kind = find_kind(exchange.method, exchange.path, exchange.body, gateway) if gateway else None
        if kind:
            yield exchange, kind


def _no_such_path(request: ReceivedRequest, gateway: Gateway) -> str:
    root = urlsplit(gateway.base_url).path.rstrip("/")
    paths = [root + endpoint.path for endpoints in gateway.endpoints.values() for endpoint in endpoints]
    return f"{gateway.name} has no {request.method} {request.path}; it has: {', '.join(paths)}"
