"""Builds the HTTP request out of the facts. Pure: the same facts give the same call."""

from collections.abc import Mapping, Sequence
from typing import Any

from chat_completions import parameters
from chat_completions.errors import BadInput, NotOffered, UnknownName
from chat_completions.shapes import (
    Call,
    Choice,
    Endpoint,
    Facts,
    Gateway,
    Library,
    Protocol,
    Request,
    Slot,
    Task,
)
from chat_completions.urls import base_url

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 120  # seconds


def protocol_for(request: Request, gateway: Gateway, task: Task, library: Library) -> str:
    """The first protocol that the gateway, the task and the library all speak, or the one asked for.

    Raises UnknownName, or NotOffered with the nearest that works.
    """
    offered = [name for name in gateway.endpoints if name in task.body and name in library.protocols]
    asked = request.protocol
    if asked in offered or (asked is None and offered):
        return asked or offered[0]
    if not task.body:
        raise NotOffered(f"No program is written for the task {task.id!r} yet.", "`list cells` shows what is written.")
    works = f"Works there: {', '.join(offered)}." if offered else f"It speaks {', '.join(gateway.endpoints)}."
    way = f" on {asked!r}" if asked else ""
    raise NotOffered(f"{gateway.name} does not offer {task.id!r} with {library.id}{way}.", works)


def compose(
    request: Request, gateway: Gateway, task: Task, protocol: Protocol, library: Library, choice: Choice
) -> tuple[Call, list[str]]:
    """The decided call, and what the user should know about it."""
    params, stream = _streaming(request)
    caveats = parameters.check(params, gateway, protocol)
    endpoint = _pick("endpoint", request.endpoint, gateway.endpoints[protocol.id])
    messages = _messages(request, task)
    bodies, left_out = _bodies(gateway, task, protocol, choice, params, stream)
    call = Call(
        gateway=gateway.id,
        title=gateway.name,
        task=task.id,
        kind=task.kind,
        summary=task.summary,
        base_url=base_url(gateway.base_url if request.base_url is None else request.base_url),
        base_env=f"{gateway.env}_BASE_URL",
        path=endpoint.path,
        sdk_base=endpoint.path.removesuffix(protocol.sdk_path),
        auth=_pick("auth", request.auth, gateway.auth),
        protocol=protocol.id,
        stream=stream,
        messages=messages,
        bodies=bodies,
        own_words=any(name not in protocol.parameters for name in params),
        advice={**_phrases(gateway.errors), **protocol.errors, **gateway.errors},
        endings=protocol.endings,
        tells=[*protocol.usage, *gateway.reply_extras],
        install=library.install,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
    )
    return call, [*caveats, *left_out, *_about_endpoint(endpoint)]


def _streaming(request: Request) -> tuple[Facts, bool]:
    """The parameters without `stream`, and whether to stream: `--param stream` is `--stream`."""
    params = dict(request.params)
    asked = params.get("stream")
    if request.stream and asked is False:
        raise BadInput("--stream and --param stream=false contradict each other.", "Give one of them.")
    if isinstance(asked, bool) and asked:
        params.pop("stream")
    return params, request.stream or asked is True


def _pick(kind: str, name: str | None, choices: Sequence[Any]) -> Any:
    """The choice called `name`, or the first."""
    if name is None:
        return choices[0]
    for one in choices:
        if one.name == name:
            return one
    raise UnknownName(kind, name, [one.name for one in choices])


def _messages(request: Request, task: Task) -> list[Facts]:
    """The turns that go out: the user's own, or the task's with their prompt in it."""
    if request.messages is not None:
        turns = list(request.messages)
    else:
        prompt = task.prompt if request.prompt is None else request.prompt
        turns = [_fill(turn, {"$prompt": prompt}) for turn in task.turns]
    if request.system is None:
        return turns
    if request.messages is not None and turns[0]["role"] == "system":
        raise BadInput("--system and a system message in --messages contradict each other.", "Give one of them.")
    rest = turns[1:] if turns[0]["role"] == "system" else turns
    return [{"role": "system", "content": request.system}, *rest]


def _bodies(
    gateway: Gateway, task: Task, protocol: Protocol, choice: Choice, params: Facts, stream: bool
) -> tuple[list[Facts], list[str]]:
    """One whole body per model; a stand-in goes without what it would refuse, and that is said."""
    parameters.must_take(params, gateway.model(choice.model))
    always = {**gateway.always, **({"stream": True} if stream else {})}
    bodies: list[Facts] = []
    said: list[str] = []
    for model in (choice.model, *choice.alternatives[:1]):
        refused = parameters.rejected(params, gateway.model(model))
        own = {name: value for name, value in params.items() if name not in dict(refused)}
        shape = _fill(task.body[protocol.id], {"$model": model, "$messages": Slot("MESSAGES")})
        bodies.append({**shape, **always, **own})
        said += [f"{why}: the request to it goes without {name}" for name, why in refused]
    return bodies, said


def _about_endpoint(endpoint: Endpoint) -> list[str]:
    return [endpoint.note] if endpoint.note else []


def _phrases(errors: Mapping[str, str]) -> dict[str, str]:
    """The advice that goes by the server's words: it is looked at before that by status."""
    return {mark: advice for mark, advice in errors.items() if not mark.startswith("HTTP ")}


def _fill(value: Any, words: Mapping[str, Any]) -> Any:
    """Replaces whole values such as `$prompt`, never a part of a string, and never twice."""
    if isinstance(value, Mapping):
        return {key: _fill(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, words) for item in value]
    return words.get(value, value) if isinstance(value, str) else value
