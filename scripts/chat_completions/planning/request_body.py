"""The JSON body of a request: the task's shape, the parameters, and what the kind of task adds."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.protocol import Protocol
from chat_completions.errors import NotOffered
from chat_completions.json_values import ABSENT, EMPTY, JsonObject, fill, merge, put
from chat_completions.planning.messages import Messages
from chat_completions.planning.parameters import unsupported_by
from chat_completions.planning.tool_rules import define_tools, tool_rules
from chat_completions.planning.types import Resolution, Tool, Variable

MAX_NAME = 64  # characters of a schema's name


class Body(NamedTuple):
    """The body of a request, and what goes with it."""

    fields: JsonObject
    extra: JsonObject  # those of the fields that client libraries do not know
    first_round: JsonObject  # fields that only the first round of a tool loop sends
    tool_definitions: Sequence[JsonObject]
    alternative_omits: Sequence[str]  # fields that the alternative model does not accept
    notes: Sequence[str]


def build_body(
    resolution: Resolution, params: dict[str, Any], content: Messages, tools: Sequence[Tool], schema: JsonObject
) -> Body:
    """Return the body of a request, in the task's order of fields."""
    protocol, task = resolution.protocol, resolution.task
    always, first = tool_rules(params, tools, protocol) if tools else (EMPTY, EMPTY)
    if schema:
        always = format_fields(params, schema, protocol)
    shape = task.body[protocol.id]
    filled = fill(shape, _placeholders(content, protocol))
    merged = merge(protocol.defaults, filled, always, _fixed(resolution), place_parameters(params, protocol))
    order = dict.fromkeys([*(name for name in shape if name in merged), *merged])
    body = {name: merged[name] for name in order}
    known = {"stream", *shape, *protocol.defaults, *always}
    known |= {(parameter.path or [name])[0] for name, parameter in protocol.parameters.items()}
    omits, notes = _alternative(resolution, params)
    extra = {name: value for name, value in body.items() if name not in known}
    return Body(body, extra, first, define_tools(tools, protocol), omits, notes)


def place_parameters(params: dict[str, Any], protocol: Protocol) -> dict[str, Any]:
    """Return the parameters under the names, and at the places, that the protocol has for them."""
    placed: dict[str, Any] = {}
    for name, value in params.items():
        parameter = protocol.parameters.get(name)
        if parameter is None:
            placed = merge(placed, {name: value})
        elif not parameter.kinds:  # those of a kind of task are written by what the kind adds
            sent = [value] if parameter.as_list and not isinstance(value, list) else value
            placed = merge(placed, parameter.extra, put(parameter.path or [name], sent))
    return placed


def format_fields(params: JsonObject, schema: JsonObject, protocol: Protocol) -> JsonObject:
    """Return the fields that request JSON of this schema; NotOffered where the protocol lacks the response_format."""
    mode = params.get("response_format", "json_schema")
    if mode not in protocol.formats:
        raise NotOffered(f"{protocol.name} has no {mode}.", f"It has: {', '.join(protocol.formats)}.")
    title = str(schema.get("title", ""))
    name = re.sub(r"[^A-Za-z0-9_-]", "", title)[:MAX_NAME]
    fields: JsonObject = fill(protocol.formats[mode], {"$name": name or "answer", "$schema": Variable("SCHEMA")})
    return fields


def _fixed(resolution: Resolution) -> JsonObject:
    """Return the fields that the gateway always needs, and those on streaming.

    A whole answer is requested explicitly unless it is known to be the gateway's default.
    """
    gateway, protocol = resolution.gateway, resolution.protocol
    streaming = protocol.streaming.body if protocol.streaming else EMPTY
    if not resolution.stream:
        default = gateway.stream_default.get(protocol.id)
        streaming = EMPTY if default is False else dict.fromkeys(streaming, False)
    return {**gateway.default_body.get(protocol.id, {}), **streaming}


def _placeholders(content: Messages, protocol: Protocol) -> dict[str, Any]:
    """Return the values of the placeholders in a task's body."""
    addresses = ",".join(image.source for image in content.images)
    return {
        "$model": Variable("MODEL"),
        "$messages": Variable("contents" if protocol.message_format == "parts" else "messages"),
        "$tools": Variable("TOOLS"),
        "$prompt": Variable("prompt"),
        "$system": _system(content.system, protocol),
        "$images": addresses if len(content.images) > 1 else Variable("image_url"),
        "$task_id": Variable("task_id"),
    }


def _system(texts: Sequence[str | Variable], protocol: Protocol) -> Any:
    """Return the system texts as the protocol has them beside the messages."""
    if not texts:
        return ABSENT
    if protocol.message_format == "parts":
        return {"parts": [{"text": text} for text in texts]}
    return texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]


def _alternative(resolution: Resolution, params: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the fields that the alternative model does not accept, and notes on them."""
    alternative = next(iter(resolution.choice.alternatives), "")
    refused = unsupported_by(params, resolution.gateway.model(alternative)) if alternative else []
    known = resolution.protocol.parameters
    omits = [((known[name].path if name in known else ()) or [name])[-1] for name, _ in refused]
    return omits, [f"{reason}: a request to it goes without {name}" for name, reason in refused]
