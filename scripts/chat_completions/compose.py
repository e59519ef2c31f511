"""Builds the HTTP request out of the facts. Pure: the same facts give the same call."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from chat_completions import bodies, content, inputs, offers, parameters
from chat_completions.shapes import (
    NOTHING,
    Choice,
    Endpoint,
    Facts,
    Gateway,
    Library,
    Protocol,
    Request,
    RequestPlan,
    Task,
    Tool,
    Variable,
)
from chat_completions.urls import base_url

CONNECT_TIMEOUT = 10  # seconds


def compose(
    request: Request, gateway: Gateway, task: Task, protocol: Protocol, library: Library, choice: Choice
) -> tuple[RequestPlan, list[str]]:
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
    instructions = content.needs_instructions(gateway, protocol, params, schema)
    said = content.said(request, task, protocol, instructions=instructions)
    always, first = _of_the_task(task, protocol, params, tools, schema)
    body, extra, omits, left_out = _body(gateway, task, protocol, choice, params, [said, always, stream])
    path, query = _path(endpoint, protocol, stream)
    plan = RequestPlan(
        gateway_name=gateway.name,
        task=task.id,
        kind=task.template or task.kind,
        protocol=protocol.id,
        stream=stream,
        base_url=base_url(gateway.base_url if request.base_url is None else request.base_url),
        base_url_env=f"{gateway.env}_BASE_URL",
        auth=auth,
        headers=protocol.headers,
        method=protocol.method,
        path=path,
        query=query,
        sdk_base_path=_before(endpoint.path, protocol.sdk_paths),
        model=choice.model,
        alternative=next(iter(choice.alternatives), ""),
        alternative_omits=omits,
        fallback=request.fallback,
        body=body,
        extra_body=extra,
        first_round_body=first,
        messages=said.messages,
        prompt=said.prompt,
        instructions=instructions,
        tools=tools,
        tool_definitions=bodies.wire_tools(tools, protocol),
        schema=schema,
        images=said.images,
        multipart=protocol.pictures == "file" and bool(said.images),
        poll_path=endpoint.then,
        result_paths=endpoint.reads,
        recommended_models=_ours(gateway) if task.kind == "models" else (),
        reported_fields=gateway.reply_extras,
        read_timeout=task.read_timeout,
    )
    of_schema = inputs.caveats_of_schema(dict(schema)) if request.schema else []
    must = [
        f"{protocol.name} must have {name}: {value} is sent, --param {name}=NUMBER changes it"
        for name, value in protocol.required.items()
        if name not in params
    ]
    notes = [*must, *content.caveats(said, protocol, task), *of_schema, *([endpoint.note] if endpoint.note else [])]
    return plan, [*caveats, *left_out, *notes]


def _before(path: str, ends: Sequence[str]) -> str:
    """What stands before the end that a client library adds by itself."""
    return next((path.removesuffix(end) for end in ends if path.endswith(end)), path)


def _path(endpoint: Endpoint, protocol: Protocol, stream: bool) -> tuple[str, dict[str, str]]:
    """The path, which may hold {model}, and its query parameters."""
    path = endpoint.path
    if stream and "path" in protocol.streaming:
        path = path.replace(*protocol.streaming["path"])
    path, _, query = path.partition("?")
    return path, dict(parse_qsl(query))


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


def _body(
    gateway: Gateway, task: Task, protocol: Protocol, choice: Choice, params: Facts, parts: Sequence[Any]
) -> tuple[Facts, Facts, list[str], list[str]]:
    """The body; of it what client libraries do not know; what the alternative does not take, and that in words."""
    said, always, stream = parts
    parameters.must_take(params, gateway.model(choice.model))
    bodies.check_against(params, protocol)
    fixed = {**gateway.always.get(protocol.id, {}), **_streaming(gateway, protocol, stream=stream)}
    shape = bodies.fill(task.body[protocol.id], _words(said, protocol))
    found = bodies.merged(protocol.required, shape, always, fixed, bodies.placed(params, protocol))
    body = {
        name: found[name] for name in dict.fromkeys([*(one for one in task.body[protocol.id] if one in found), *found])
    }
    known = {"stream", *task.body[protocol.id], *protocol.required, *always}
    known |= {(facts.get("at") or [name])[0] for name, facts in protocol.parameters.items()}
    extra = {name: value for name, value in body.items() if name not in known}
    second = next(iter(choice.alternatives), "")
    refused = parameters.rejected(params, gateway.model(second)) if second else []
    omits = [(protocol.parameters.get(name, {}).get("at") or [name])[-1] for name, _ in refused]
    return body, extra, omits, [f"{why}: a request to it goes without {name}" for name, why in refused]


def _streaming(gateway: Gateway, protocol: Protocol, *, stream: bool) -> Facts:
    """What the body says about streaming: a whole answer is asked for unless it is known to be the default."""
    body: Facts = protocol.streaming.get("body", {})
    if stream:
        return body
    return dict.fromkeys(body, False) if gateway.stream_default.get(protocol.id) is not False else NOTHING


def _words(said: content.Said, protocol: Protocol) -> dict[str, Any]:
    """What the words of a task's shape stand for."""
    several = ",".join(one.source for one in said.images)
    turns = "contents" if protocol.turns == "parts" else "messages"
    return {
        "$model": Variable("MODEL"),
        "$messages": Variable(turns),
        "$tools": Variable("TOOLS"),
        "$prompt": Variable("prompt"),
        "$system": content.system_words(said.system, protocol),
        "$images": several if len(said.images) > 1 else Variable("image_url"),
        "$task_id": Variable("task_id"),
    }


def _ours(gateway: Gateway) -> list[str]:
    """The ids that the decision table takes at this gateway."""
    named = (id_ for roles in gateway.roles.values() for role in roles.values() for id_ in role["models"])
    return list(dict.fromkeys(named))
