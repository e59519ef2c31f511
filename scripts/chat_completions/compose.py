"""Builds the HTTP request out of the facts. Pure: the same facts give the same call."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chat_completions import bodies, content, inputs, offers, parameters
from chat_completions.shapes import (
    NOTHING,
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
    Tool,
)
from chat_completions.urls import base_url

CONNECT_TIMEOUT = 10  # seconds


def compose(
    request: Request, gateway: Gateway, task: Task, protocol: Protocol, library: Library, choice: Choice
) -> tuple[Call, list[str]]:
    """The decided call, and what the user should know about it."""
    offers.check_options(request, task)
    offers.check_turns(request, library)
    params, stream = offers.streamed(request, task, protocol)
    params = parameters.canonical(params, protocol)
    caveats = parameters.check(params, gateway, protocol, task.kind)
    endpoint = offers.endpoint_for(request, gateway, task, protocol, library)
    auth = offers.auth_for(request, gateway, protocol, library)
    tools = _tools(request, task)
    schema = (request.schema or task.schema) if task.kind == "structured" else NOTHING
    said = content.said(request, task, protocol, content.format_note(gateway, protocol, params, schema))
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
        sdk_base=_before(endpoint.path, protocol.sdk_paths),
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
        endings=_endings(protocol, task),
        ending=protocol.ending,
        usage=protocol.usage,
        tells=list(dict.fromkeys([*protocol.usage, *gateway.reply_extras])),
        install=library.install,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=task.read_timeout,
    )
    of_schema = inputs.caveats_of_schema(dict(schema)) if request.schema else []
    must = [
        f"{protocol.name} must have {name}: {value} is sent, --param {name}=NUMBER changes it"
        for name, value in protocol.required.items()
        if name not in params
    ]
    notes = [*must, *content.caveats(said, protocol, task), *of_schema, *([endpoint.note] if endpoint.note else [])]
    return call, [*caveats, *left_out, *notes]


def _before(path: str, ends: Sequence[str]) -> str:
    """What stands before the end that a client library adds by itself."""
    return next((path.removesuffix(end) for end in ends if path.endswith(end)), path)


def _path(endpoint: Endpoint, protocol: Protocol, model: str, stream: bool) -> str:
    path = endpoint.path
    if stream and "path" in protocol.streaming:
        path = path.replace(*protocol.streaming["path"])
    return path.replace("{model}", quote(model, safe=""))


def _tools(request: Request, task: Task) -> list[Tool]:
    if task.kind != "tools":
        return []
    return [
        Tool(one["name"], one.get("description", ""), one["parameters"], one.get("example"), one.get("strict"))
        for one in request.tools or task.tools
    ]


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
        bodies.check_against(own, protocol)
        shape = bodies.fill(task.body[protocol.id], _words(model, said, protocol))
        found.append(bodies.merged(protocol.required, shape, always, fixed, bodies.placed(own, protocol)))
        told += [f"{why}: the request to it goes without {name}" for name, why in refused]
    order = [name for name in task.body[protocol.id] if name in found[0]]
    return [{name: body[name] for name in dict.fromkeys([*order, *body])} for body in found], told


def _words(model: str, said: content.Said, protocol: Protocol) -> dict[str, Any]:
    """What the words of a task's shape stand for."""
    pictures = [Slot(one.name) for one in said.pictures] + list(said.addresses)
    return {
        "$model": model,
        "$messages": Slot("MESSAGES"),
        "$tools": Slot("TOOLS"),
        "$prompt": said.prompt,
        "$system": content.system_words(said.system, protocol),
        "$images": pictures[0] if len(pictures) == 1 else ",".join(map(str, said.addresses)),
        "$task_id": Slot("TASK_ID"),
    }


def _endings(protocol: Protocol, task: Task) -> Mapping[str, Sequence[str]]:
    """How an answer ends well, and cut; that it calls tools is well only where there are some."""
    calls = protocol.endings.get("calls", []) if task.kind == "tools" else []
    return {"normal": [*protocol.endings.get("normal", []), *calls], "cut": protocol.endings.get("cut", [])}


def _ours(gateway: Gateway) -> list[str]:
    """The ids that the decision table takes at this gateway."""
    named = (id_ for roles in gateway.roles.values() for role in roles.values() for id_ in role["models"])
    return list(dict.fromkeys(named))


def _phrases(errors: Mapping[str, str]) -> dict[str, str]:
    """The advice that goes by the server's words: it is looked at before that by status."""
    return {mark: advice for mark, advice in errors.items() if not mark.startswith("HTTP ")}
