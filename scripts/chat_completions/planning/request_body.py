"""Build the JSON body of a request: the task's fields, the parameters, and the fields for tools and schemas."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.types import EMPTY, JsonObject, Protocol, ToolFormat
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.types import Messages, Resolution, Tool, Variable

CHOICES = ("auto", "none", "required")
ABSENT = object()  # the value of a placeholder whose key is to be left out
MAX_NAME = 64  # characters of a schema's name


class Body(NamedTuple):
    """The body of a request, and what goes with it."""

    fields: JsonObject
    extra: JsonObject  # those of the fields that client libraries do not know
    first_round: JsonObject  # fields that only the first round of a tool loop sends
    tool_definitions: Sequence[JsonObject]


def build_body(resolution: Resolution, params: dict[str, Any], messages: Messages) -> Body:
    """Return the body of a request, in the task's order of fields."""
    protocol, task, tools = resolution.protocol, resolution.task, resolution.tools
    kind_fields, first_round = tool_rules(params, tools, protocol) if tools else (EMPTY, EMPTY)
    if resolution.schema:
        kind_fields = format_fields(params, resolution.schema, protocol)
    body_of_task = task.body[protocol.id]
    fields = fill(body_of_task, _placeholders(messages, protocol))
    placed = place_parameters(params, protocol)
    merged = merge(protocol.defaults, fields, kind_fields, _fixed_fields(resolution), placed)
    order = dict.fromkeys([*(name for name in body_of_task if name in merged), *merged])
    body = {name: merged[name] for name in order}
    known = {"stream", *body_of_task, *protocol.defaults, *kind_fields}
    known |= {(parameter.path or [name])[0] for name, parameter in protocol.parameters.items()}
    extra = {name: value for name, value in body.items() if name not in known}
    return Body(body, extra, first_round, define_tools(tools, protocol))


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
    if mode not in protocol.response_formats:
        raise NotOffered(f"{protocol.name} has no {mode}.", f"It has: {', '.join(protocol.response_formats)}.")
    name = re.sub(r"[^A-Za-z0-9_-]", "", str(schema.get("title", "")))[:MAX_NAME] or "answer"
    fields: JsonObject = fill(protocol.response_formats[mode], {"$name": name, "$schema": Variable("SCHEMA")})
    return fields


def define_tools(tools: Sequence[Tool], protocol: Protocol) -> list[JsonObject]:
    """Return the tools as the protocol declares them; NotOffered where it cannot express a strict one."""
    shape = protocol.tools.shape if protocol.tools else EMPTY
    strict = next((tool.name for tool in tools if tool.strict is not None), None)
    if strict is not None and "$strict" not in str(shape):
        raise NotOffered(f"{protocol.name} has no 'strict', which the tool {strict!r} has.", "Leave it out.")
    return [fill(shape, _tool_placeholders(tool)) for tool in tools]


def _tool_placeholders(tool: Tool) -> dict[str, Any]:
    """Return the values of the placeholders in a protocol's declaration of a tool."""
    return {
        "$name": tool.name,
        "$description": tool.description or ABSENT,
        "$parameters": tool.parameters,
        "$strict": ABSENT if tool.strict is None else tool.strict,
    }


def tool_rules(params: JsonObject, tools: Sequence[Tool], protocol: Protocol) -> tuple[JsonObject, JsonObject]:
    """Return the fields on the choice of tools that every round of a tool loop sends, and those of the first alone.

    A call that is required, or of one named tool, is so in the first round only: the answer could
    never come otherwise.
    """
    rules, choice, parallel = protocol.tools, params.get("tool_choice"), params.get("parallel_tool_calls")
    if rules is None:
        return EMPTY, EMPTY
    known = [*CHOICES, *(tool.name for tool in tools)]
    if choice is not None and choice not in known:
        raise BadInput(f"tool_choice names no tool of this program: {choice!r}.", f"Known: {', '.join(known)}.")
    every_round: dict[str, Any] = {}
    if parallel is not None:
        every_round = put(rules.parallel_path, (not parallel) if rules.parallel_inverse else parallel)
    same_object = rules.parallel_path[:1] == rules.choice_path[:1]
    if same_object and every_round and choice is None:
        choice = "auto"
    if choice in (None, "auto", "none"):
        return merge(_choice(choice, rules), every_round), EMPTY
    if same_object and every_round:  # the rounds after the first need the whole object as well
        return merge(_choice("auto", rules), every_round), merge(_choice(choice, rules), every_round)
    return every_round, _choice(choice, rules)


def fill(value: Any, values: Mapping[str, Any]) -> Any:
    """Replace whole values such as `$prompt`, never a part of a string, and never twice.

    A key whose value becomes ABSENT is left out.
    """
    if isinstance(value, Mapping):
        filled = {key: fill(item, values) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not ABSENT}
    if isinstance(value, list):
        return [fill(item, values) for item in value]
    return values.get(value, value) if isinstance(value, str) else value


def merge(*layers: JsonObject) -> dict[str, Any]:
    """Merge objects, and the objects within them; the later ones win."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, item in layer.items():
            both = isinstance(item, Mapping) and isinstance(merged.get(key), Mapping)
            merged[key] = merge(merged[key], item) if both else item
    return merged


def put(path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return an object that holds `value` at the end of a path of keys, which has at least one."""
    for key in reversed(path[1:]):
        value = {key: value}
    return {path[0]: value}


def _fixed_fields(resolution: Resolution) -> JsonObject:
    """Return the fields that the gateway always needs, and those on streaming.

    A whole answer is requested explicitly unless it is known to be the gateway's default.
    """
    gateway, protocol = resolution.gateway, resolution.protocol
    streaming = protocol.streaming.body if protocol.streaming else EMPTY
    if not resolution.stream:
        default = gateway.stream_default.get(protocol.id)
        streaming = EMPTY if default is False else dict.fromkeys(streaming, False)
    return {**gateway.default_body.get(protocol.id, {}), **streaming}


def _placeholders(messages: Messages, protocol: Protocol) -> dict[str, Any]:
    """Return the values of the placeholders in a task's body."""
    addresses = ",".join(image.source for image in messages.images)
    return {
        "$model": Variable("MODEL"),
        "$messages": Variable("contents" if protocol.message_format == "parts" else "messages"),
        "$tools": Variable("TOOLS"),
        "$prompt": Variable("prompt"),
        "$system": _system(messages.system, protocol),
        "$images": addresses if len(messages.images) > 1 else Variable("image_url"),
        "$task_id": Variable("task_id"),
    }


def _system(texts: Sequence[str | Variable], protocol: Protocol) -> Any:
    """Return the system texts as the protocol has them outside the messages."""
    if not texts:
        return ABSENT
    if protocol.message_format == "parts":
        return {"parts": [{"text": text} for text in texts]}
    return texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]


def _choice(choice: Any, rules: ToolFormat) -> dict[str, Any]:
    if choice is None:
        return {}
    form = rules.choice[choice if choice in CHOICES else "named"]
    return put(rules.choice_path, fill(form, {"$name": choice}))
