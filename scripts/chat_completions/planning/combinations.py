"""Find which gateways, tasks, languages, libraries and protocols go together, whole or streamed."""

from collections.abc import Iterator, Sequence
from itertools import product
from shlex import quote
from typing import NamedTuple

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_loader import gateway_names, load_gateway
from chat_completions.errors import NotOffered
from chat_completions.planning.resolve import combine, find_objects
from chat_completions.planning.types import Objects, ProgramRequest

# How much two combinations have in common when they share a name.
WEIGHTS = {"task": 16, "language": 4, "library": 3, "protocol": 2, "stream": 1, "asynchronous": 4}


class Combination(NamedTuple):
    """One combination; `reason` is why it is not offered, empty where it is."""

    gateway: str
    task: str
    language: str
    library: str
    protocol: str
    stream: bool
    asynchronous: bool = False
    reason: str = ""

    @property
    def offered(self) -> bool:
        """Return whether `write` prints a program for it."""
        return not self.reason


def all_combinations(gateway: Gateway) -> Iterator[Combination]:
    """Yield every combination at a gateway, whether it is offered or not."""
    tasks = [load.load_task(name) for name in load.names("task")]
    languages = [load.load_language(name) for name in load.names("language")]
    for task, language in product(tasks, languages):
        streams = (True,) if task.always_streams else (False, True)
        for library, stream, protocol in product(language.libraries.values(), streams, task.body):
            for asynchronous in (False, True) if task.kind in library.async_kinds else (False,):
                request = ProgramRequest(gateway.id, protocol=protocol, stream=stream, asynchronous=asynchronous)
                yield _combination(Objects(request, gateway, task, language, library))


def offered_combinations(gateway: str | None = None) -> list[Combination]:
    """Return the combinations that are offered, at one gateway or at all."""
    gateways = map(load_gateway, [gateway] if gateway else gateway_names())
    return [combination for loaded in gateways for combination in all_combinations(loaded) if combination.offered]


def nearest_options(combination: Combination, combinations: Sequence[Combination]) -> str:
    """Return the offered combination that has most in common with this one, as options of `write`."""

    def weight_in_common(other: Combination) -> int:
        return sum(weight for name, weight in WEIGHTS.items() if getattr(combination, name) == getattr(other, name))

    nearest = max((other for other in combinations if other.offered), key=weight_in_common, default=None)
    if nearest is None:
        return ""
    names = ("gateway", "task", "language", "library", "protocol")
    flags = (" --stream" if nearest.stream else "") + (" --async" if nearest.asynchronous else "")
    return " ".join(f"--{name} {getattr(nearest, name)}" for name in names) + flags


def nearest_to_request(request: ProgramRequest) -> str:
    """Return the nearest offered combination, as options of `write`, or nothing where the names do go together."""
    request, gateway, task, language, library = find_objects(request)
    protocol = request.protocol if request.protocol in (None, *gateway.endpoints) else ""
    stream = request.stream or task.always_streams
    names = ProgramRequest(gateway.id, protocol=protocol, stream=stream, asynchronous=request.asynchronous)
    combination = _combination(Objects(names, gateway, task, language, library))
    if combination.offered:
        return ""
    nearest = nearest_options(combination, list(all_combinations(gateway)))
    return nearest.replace(f"--gateway {gateway.id}", _gateway_options(request), 1)


def _gateway_options(request: ProgramRequest) -> str:
    """Return the options that named the gateway of a request."""
    if request.key is None:
        return f"--gateway {quote(request.gateway)}"
    model = f" --model {quote(request.model)}" if request.model else ""
    http = " --allow-http" if request.allow_http else ""
    return f"--base-url {quote(request.base_url or '')} --key {request.key}{model}{http}"


def _combination(objects: Objects) -> Combination:
    request, gateway, task, language, library = objects
    reason = ""
    try:
        combine(objects)
    except NotOffered as problem:
        reason = str(problem)
    names = (gateway.id, task.id, language.id, library.id, request.protocol or "")
    return Combination(*names, request.stream, request.asynchronous, reason)
