"""Which pieces go together: protocols, endpoints, options and tasks. Pure.

Whatever does not raises NotOffered (exit 3), with what works instead.
"""

from collections.abc import Sequence

from chat_completions.errors import BadInput, NotOffered, UnknownName
from chat_completions.shapes import Auth, Endpoint, Facts, Gateway, Library, Protocol, Request, Task

HOMES = {"tools": ["tools"], "schema": ["structured"], "images": ["vision", "image-edit"]}
TALKING = ("text", "code", "reasoning", "tools", "structured", "vision")


def protocols_for(request: Request, gateway: Gateway, task: Task, library: Library) -> list[str]:
    """The protocols that the gateway, the task and the library all speak, in the gateway's order.

    The one asked for alone, where one is. Raises NotOffered with the nearest that works.
    """
    offered = [
        name
        for name, endpoints in gateway.endpoints.items()
        if name in task.body and name in library.protocols and _serving(endpoints, task)
    ]
    if library.kinds and task.kind not in library.kinds:
        offered = []
    asked = request.protocol
    if asked in offered or (asked is None and offered):
        return [asked] if asked else _by_model(offered, request, gateway)
    works = f"Works there: {', '.join(offered)}." if offered else f"It speaks {', '.join(gateway.endpoints)}."
    way = f" on {asked!r}" if asked else ""
    raise NotOffered(f"{gateway.name} does not offer {task.id!r} with {library.id}{way}.", works)


def _by_model(offered: list[str], request: Request, gateway: Gateway) -> list[str]:
    """The protocols on which a named model is known to be served go first."""
    served = gateway.model(request.model).protocols if request.model else ()
    return sorted(offered, key=lambda name: name not in served)


def endpoint_for(request: Request, gateway: Gateway, task: Task, protocol: Protocol, library: Library) -> Endpoint:
    """The endpoint called so, or the first that serves this kind of task and suits the library.

    Raises UnknownName, or NotOffered where a client library cannot ask that path.
    """
    serving = _serving(gateway.endpoints[protocol.id], task)
    suited = [one for one in serving if not library.sdk or one.path.endswith(tuple(protocol.sdk_paths))]
    if request.endpoint is None and suited:
        return suited[0]
    named = [one for one in serving if one.name == request.endpoint]
    if request.endpoint is not None and not named:
        raise UnknownName("endpoint", request.endpoint, [one.name for one in serving])
    if not named or named[0] not in suited:
        raise NotOffered(
            f"{library.id} cannot ask {(named or serving)[0].path} of {gateway.name}.", "Take another --library."
        )
    return named[0]


def _serving(endpoints: Sequence[Endpoint], task: Task) -> list[Endpoint]:
    return [one for one in endpoints if not one.kinds or task.kind in one.kinds]


def auth_for(request: Request, gateway: Gateway, protocol: Protocol, library: Library) -> Auth:
    """The way the key travels: the one called so, or the first natural for the protocol that the library can go.

    Raises UnknownName, or NotOffered where the library has no such header.
    """
    suited = [one for one in gateway.auth if library.header in ("", one.header)]
    natural = [one for one in suited if not one.protocols or protocol.id in one.protocols]
    named = [one for one in gateway.auth if one.name == request.auth]
    if request.auth is not None and not named:
        raise UnknownName("auth", request.auth, [one.name for one in gateway.auth])
    for one in named or natural or suited:
        if one in suited:
            return one
    works = ", ".join(one.name for one in suited) or "none of this gateway's"
    raise NotOffered(f"{library.id} carries the key in {library.header} only.", f"Ways that do: {works}.")


def streamed(request: Request, task: Task, protocol: Protocol) -> tuple[Facts, bool]:
    """The parameters without `stream`, and whether to stream: `--param stream` is `--stream`.

    Raises BadInput for a contradiction, NotOffered where the answer comes whole.
    """
    params = dict(request.params)
    asked = params.get("stream")
    if request.stream and asked is False:
        raise BadInput("--stream and --param stream=false contradict each other.", "Give one of them.")
    stream = request.stream or asked is True
    if stream and not (task.streams and protocol.streaming):
        raise NotOffered(f"The answer to {task.id!r} on {protocol.id!r} comes whole.", "Leave --stream out.")
    if asked is True:
        params.pop("stream")
    return params, stream


def check_options(request: Request, task: Task) -> None:
    """NotOffered where the user brings what this kind of task has no place for."""
    for name, homes in HOMES.items():
        if getattr(request, name) and task.kind not in homes:
            option = f"--{name.removesuffix('s') if name == 'images' else name}"
            raise NotOffered(f"{option} does not go with the task {task.id!r}.", f"Use --task {homes[0]}.")
    if request.messages is not None and task.kind not in TALKING:
        raise NotOffered(f"--messages does not go with the task {task.id!r}.", "Give a PROMPT.")


def check_turns(request: Request, library: Library) -> None:
    """NotOffered where a turn of the user's is more than a text of a role that the library can hold."""
    for number, turn in enumerate(request.messages or () if library.roles else (), 1):
        if turn["role"] not in library.roles or not isinstance(turn["content"], str) or not turn["content"]:
            what = f"texts of {', '.join(library.roles)}"
            raise NotOffered(f"{library.id} takes {what}, and turn {number} is none.", "Take another --language.")
