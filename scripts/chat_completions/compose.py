"""Builds the HTTP request out of the facts. Pure: the same facts give the same call."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from chat_completions import bodies, dialects, inputs, parameters
from chat_completions.errors import BadInput, NotOffered, UnknownName
from chat_completions.shapes import (
    NOTHING,
    Auth,
    Call,
    Choice,
    Endpoint,
    Facts,
    Gateway,
    Library,
    Picture,
    Protocol,
    Request,
    Slot,
    Task,
    Tool,
)
from chat_completions.urls import base_url

CONNECT_TIMEOUT = 10  # seconds


class Said(NamedTuple):
    """What goes out as text and pictures, in the protocol's dialect."""

    system: Sequence[str]
    messages: Sequence[Facts]
    pictures: Sequence[Picture]
    addresses: Sequence[str]
    prompt: str


def protocols_for(request: Request, gateway: Gateway, task: Task, library: Library) -> list[str]:
    """The protocols that the gateway, the task and the library all speak, in the gateway's order.

    The one asked for alone, where one is. Raises NotOffered with the nearest that works.
    """
    offered = [
        name
        for name, endpoints in gateway.endpoints.items()
        if name in task.body and name in library.protocols and _serving(endpoints, task)
    ]
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


def compose(
    request: Request, gateway: Gateway, task: Task, protocol: Protocol, library: Library, choice: Choice
) -> tuple[Call, list[str]]:
    """The decided call, and what the user should know about it."""
    _belongs(request, task)
    params, stream = streamed(request, task, protocol)
    params = parameters.canonical(params, protocol)
    caveats = parameters.check(params, gateway, protocol, task.kind)
    endpoint = endpoint_for(request, gateway, task, protocol, library)
    auth = _auth(request, gateway, protocol)
    tools = _tools(request, task)
    schema = (request.schema or task.schema) if task.kind == "structured" else NOTHING
    said = _said(request, gateway, task, protocol, _format_note(gateway, protocol, params, schema))
    models = [one for one in (choice.model, *choice.alternatives[:1]) if one]
    always, first = _of_the_task(task, protocol, params, tools, schema)
    filled, left_out = _bodies(gateway, task, protocol, models or [""], params, [said, always, stream])
    paths = [_path(endpoint, protocol, model, stream) for model in models or [""]]
    call = Call(
        gateway=gateway.id,
        title=gateway.name,
        task=task.id,
        kind=task.kind,
        summary=task.summary,
        base_url=base_url(gateway.base_url if request.base_url is None else request.base_url),
        base_env=f"{gateway.env}_BASE_URL",
        method=protocol.method,
        models=models,
        paths=paths,
        bodies=filled,
        first=first,
        form=protocol.pictures == "file" and bool(said.pictures),
        then=endpoint.then,
        reads=endpoint.reads,
        ours=_ours(gateway) if task.kind == "models" else (),
        headers=protocol.headers,
        sdk_base=endpoint.path.removesuffix(protocol.sdk_path),
        auth=auth,
        protocol=protocol.id,
        stream=stream,
        messages=said.messages,
        wire_tools=bodies.wire_tools(tools, protocol),
        tools=tools,
        schema=schema,
        pictures=said.pictures,
        picture_style=protocol.pictures,
        own_words=any(name not in protocol.parameters for name in params),
        advice={**_phrases(gateway.errors), **_phrases(protocol.errors), **protocol.errors, **gateway.errors},
        endings=protocol.endings,
        ending=protocol.ending,
        usage=protocol.usage,
        tells=[*protocol.usage, *gateway.reply_extras],
        install=library.install,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=task.read_timeout,
    )
    of_schema = inputs.caveats_of_schema(dict(schema)) if request.schema else []
    notes = [*_about(said, protocol, task), *of_schema, *([endpoint.note] if endpoint.note else [])]
    return call, [*caveats, *left_out, *notes]


def _belongs(request: Request, task: Task) -> None:
    """NotOffered where the user brings what this kind of task has no place for."""
    kinds = {"tools": ["tools"], "schema": ["structured"], "images": ["vision", "image-edit"]}
    for name, homes in kinds.items():
        if getattr(request, name) and task.kind not in homes:
            option = f"--{name.removesuffix('s') if name == 'images' else name}"
            raise NotOffered(f"{option} does not go with the task {task.id!r}.", f"Use --task {homes[0]}.")
    if request.messages is not None and task.kind not in ("text", "code", "reasoning", "tools", "structured", "vision"):
        raise NotOffered(f"--messages does not go with the task {task.id!r}.", "Give a PROMPT.")


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


def endpoint_for(request: Request, gateway: Gateway, task: Task, protocol: Protocol, library: Library) -> Endpoint:
    """The endpoint called so, or the first that serves this kind of task and suits the library.

    Raises UnknownName, or NotOffered where a client library cannot ask that path.
    """
    serving = _serving(gateway.endpoints[protocol.id], task)
    suited = [one for one in serving if not library.sdk or one.path.endswith(protocol.sdk_path)]
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


def _auth(request: Request, gateway: Gateway, protocol: Protocol) -> Auth:
    """The way called so, or the first that is natural for the protocol."""
    if request.auth is None:
        natural = [one for one in gateway.auth if not one.protocols or protocol.id in one.protocols]
        return (natural or gateway.auth)[0]
    for one in gateway.auth:
        if one.name == request.auth:
            return one
    raise UnknownName("auth", request.auth, [one.name for one in gateway.auth])


def _path(endpoint: Endpoint, protocol: Protocol, model: str, stream: bool) -> str:
    path = endpoint.path
    if stream and "path" in protocol.streaming:
        path = path.replace(*protocol.streaming["path"])
    return path.replace("{model}", quote(model, safe=""))


def _tools(request: Request, task: Task) -> list[Tool]:
    if task.kind != "tools":
        return []
    return [
        Tool(one["name"], one.get("description", ""), one["parameters"], one.get("example"))
        for one in request.tools or task.tools
    ]


def _format_note(gateway: Gateway, protocol: Protocol, params: Facts, schema: Facts) -> str:
    """The wanted JSON in words where the parameter alone would not do, else nothing."""
    mode = params.get("response_format", "json_schema")
    weak = "structured" in (*gateway.weak, *gateway.undocumented)
    if not schema or not (protocol.states_format or weak or mode == "json_object"):
        return ""
    return bodies.told_in_words(schema)


def _said(request: Request, gateway: Gateway, task: Task, protocol: Protocol, note: str) -> Said:
    """The turns that go out: the user's own, or the task's with their prompt and pictures in it."""
    prompt = task.prompt if request.prompt is None else request.prompt
    turns = list(request.messages or [bodies.fill(turn, {"$prompt": prompt}) for turn in task.turns])
    if request.system is not None:
        if request.messages is not None and turns[0]["role"] == "system":
            raise BadInput("--system and a system message in --messages contradict each other.", "Give one of them.")
        rest = turns[1:] if turns and turns[0]["role"] == "system" else turns
        turns = [{"role": "system", "content": request.system}, *rest]
    if note:
        place = next((at for at, turn in enumerate(turns) if turn["role"] != "system"), len(turns))
        turns.insert(place, {"role": "system", "content": note})
    sources = list(request.images or task.images)
    parts = [_picture(number, source, protocol) for number, source in enumerate(sources, 1)]
    if parts and turns and request.messages is None:
        last = turns[-1]
        text = last["content"] if isinstance(last["content"], list) else [{"type": "text", "text": last["content"]}]
        turns[-1] = {**last, "content": [*text, *parts]}
    system, messages = dialects.spoken(turns, protocol.turns)
    read = [Picture(one.slot, source) for one, source in zip(parts, sources, strict=True) if one.slot]
    return Said(system, messages, read, [one.url for one in parts if not one.slot], prompt)


def _picture(number: int, source: str, protocol: Protocol) -> dialects.PicturePart:
    """An address goes out as it is; a file is read when the program runs."""
    address = source.startswith(("https://", "http://"))
    if address and protocol.pictures == "file":
        raise NotOffered(f"{protocol.name} takes a picture as a file, not by its address.", "Download it first.")
    inline = source.startswith("data:") and protocol.pictures != "file"
    return dialects.PicturePart(source, "") if address or inline else dialects.PicturePart("", f"IMAGE_{number}")


def _of_the_task(
    task: Task, protocol: Protocol, params: Facts, tools: Sequence[Tool], schema: Facts
) -> tuple[Facts, Facts]:
    """What the kind of task adds to every body, and to the first request alone."""
    if task.kind == "tools":
        return bodies.tool_rules(params, tools, protocol)
    if task.kind == "structured":
        return bodies.format_words(params, schema, protocol), NOTHING
    return NOTHING, NOTHING


def _bodies(
    gateway: Gateway, task: Task, protocol: Protocol, models: Sequence[str], params: Facts, parts: Sequence[Any]
) -> tuple[list[Facts], list[str]]:
    """One whole body per model; a stand-in goes without what it would refuse, and that is said."""
    said, always, stream = parts
    parameters.must_take(params, gateway.model(models[0]))
    fixed = {**gateway.always.get(protocol.id, {}), **(protocol.streaming.get("body", {}) if stream else {})}
    found: list[Facts] = []
    told: list[str] = []
    for model in models:
        refused = parameters.rejected(params, gateway.model(model))
        own = {name: value for name, value in params.items() if name not in dict(refused)}
        bodies.check_against(own, params, protocol)
        shape = bodies.fill(task.body[protocol.id], _words(model, said, protocol))
        found.append(bodies.merged(protocol.required, shape, always, fixed, bodies.placed(own, protocol)))
        told += [f"{why}: the request to it goes without {name}" for name, why in refused]
    order = [name for name in task.body[protocol.id] if name in found[0]]
    return [{name: body[name] for name in dict.fromkeys([*order, *body])} for body in found], told


def _words(model: str, said: Said, protocol: Protocol) -> dict[str, Any]:
    """What the words of a task's shape stand for."""
    pictures = [Slot(one.name) for one in said.pictures] + list(said.addresses)
    return {
        "$model": model,
        "$messages": Slot("MESSAGES"),
        "$tools": Slot("TOOLS"),
        "$prompt": said.prompt,
        "$system": _system(said.system, protocol),
        "$images": pictures[0] if len(pictures) == 1 else ",".join(map(str, said.addresses)),
        "$task_id": Slot("TASK_ID"),
    }


def _system(texts: Sequence[str], protocol: Protocol) -> Any:
    if not texts:
        return bodies.WITHOUT
    if protocol.turns == "parts":
        return {"parts": [{"text": one} for one in texts]}
    return texts[0] if len(texts) == 1 else [{"type": "text", "text": one} for one in texts]


def _ours(gateway: Gateway) -> list[str]:
    """The ids that the decision table takes at this gateway."""
    named = (id_ for roles in gateway.roles.values() for role in roles.values() for id_ in role["models"])
    return list(dict.fromkeys(named))


def _about(said: Said, protocol: Protocol, task: Task) -> list[str]:
    """What is to be known of the pictures that go out."""
    found = []
    if protocol.turns == "parts" and any(not one.startswith("data:") for one in said.addresses):
        found.append("Gemini reads addresses of its own file store; of others only with newer models: a file is safer")
    if protocol.id not in task.body or "$images" not in str(task.body[protocol.id]):
        return found
    if len(said.pictures) + len(said.addresses) > 1 and (said.pictures or any("," in one for one in said.addresses)):
        raise NotOffered(f"{protocol.name} takes several pictures by address only.", "Give URLs, or one --image.")
    if said.pictures or any(one.startswith("data:") for one in said.addresses):
        found.append("documented is a public URL for the picture; one from a file travels as a data URI")
    return found


def _phrases(errors: Mapping[str, str]) -> dict[str, str]:
    """The advice that goes by the server's words: it is looked at before that by status."""
    return {mark: advice for mark, advice in errors.items() if not mark.startswith("HTTP ")}
