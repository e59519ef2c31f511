"""Check the tools, the conversation and the JSON Schema that the user gives.

A mistake in a file raises ValidationError, which names its place.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from chat_completions.catalog.types import JsonObject
from chat_completions.catalog.validation import Place, ValidationError, check_json, find_texts, validate
from chat_completions.catalog.yaml_files import read_our_file
from chat_completions.paths import references

COMBINING = ("allOf", "anyOf", "oneOf")
REFERRING = ("$ref", *COMBINING)  # a schema with one of them may have no type of its own
DATA = {"const", "default", "enum", "example", "examples"}  # what stands below these is no schema


def check_tools(data: Any) -> list[dict[str, Any]]:
    """Return the tools as {name, description, parameters, example, strict}.

    `data` is a list of them, or an object with a list `tools`; each is plain, or wrapped as
    chat completions wrap it ({type: function, function: {…}}).
    """
    tools: list[dict[str, Any]] = []
    for place, tool in _items(data, "tools"):
        _check(tool, "tool", place)
        _check_schemas(tool.get("parameters", {}), (*place, "parameters"))
        _check_references(tool.get("parameters", {}), (*place, "parameters"))
        for other in tools:
            if other["name"].replace("-", "_") == tool["name"].replace("-", "_"):
                message = f"is {tool['name']!r}, too like {other['name']!r}: each becomes a function"
                raise ValidationError((*place, "name"), message, "Give one of them another name.")
        tools.append({"parameters": {"type": "object", "properties": {}}, **tool})
    return tools


def check_conversation(data: Any) -> list[Any]:
    """Return the messages, unchanged. `data` is a list of messages, or an object with a list `messages`."""
    messages = []
    for place, message in _items(data, "messages"):
        _check(message, "message", place)
        role = message["role"]
        if message.get("content") is None and not (role == "assistant" and message.get("tool_calls")):
            raise ValidationError(place, "has no content (null is only for an assistant's tool_calls)")
        if role == "tool" and "tool_call_id" not in message:
            raise ValidationError(place, "is a tool's result without tool_call_id")
        messages.append(message)
    return messages


def check_schema(data: Any) -> dict[str, Any]:
    """Return the JSON Schema of an answer, unchanged."""
    if not isinstance(data, dict) or not (data.get("type") == "object" or any(name in data for name in REFERRING)):
        is_list = isinstance(data, dict) and data.get("type") == "array"
        wrapped = '{"type": "object", "properties": {"items": …}, "required": ["items"]}'
        hint = f"Wrap the list in an object: {wrapped}." if is_list else 'Start it with {"type": "object", …}.'
        raise ValidationError((), "must be a JSON Schema of type object", hint)
    check_json(data)
    _check_schemas(data, ())
    _check_references(data, ())
    return data


def _items(data: Any, name: str) -> Iterator[tuple[Place, Any]]:
    """Yield what the list holds, each with its place; of a wrapped tool, what is in the wrapping."""
    place: Place = (name,) if isinstance(data, dict) else ()
    items = data.get(name) if isinstance(data, dict) else data
    if not isinstance(items, list) or not items:
        raise ValidationError(place, f"must be a list of {name}, and not empty")
    check_json(items, place)
    for number, item in enumerate(items):
        is_wrapped = isinstance(item, dict) and isinstance(item.get("function"), dict)
        beside = [key for key in item if key not in ("type", "function")] if is_wrapped else []
        if beside:
            raise ValidationError((*place, number, beside[0]), "stands beside function", "Write it within function.")
        yield ((*place, number, "function"), item["function"]) if is_wrapped else ((*place, number), item)


def _check(data: Any, name: str, place: Place) -> None:
    """Raise ValidationError where the data break the rules of this name."""
    validate(data, read_our_file(references() / "user_files.schema.yaml")[name], place)


def _check_schemas(data: Any, place: Place) -> None:
    """Raise ValidationError where a schema, or one within it, is none."""
    _check(data, "schema", place)
    for steps, part in subschemas(data) if isinstance(data, Mapping) else ():
        _check_schemas(part, (*place, *steps))


def _check_references(schema: Any, place: Place) -> None:
    """Raise ValidationError where a `$ref` leads out of a schema, or nowhere. One with an `$id` is taken as it is."""
    texts = list(find_texts(schema))
    if any(steps[-1] == "$id" for steps, _ in texts):
        return
    anchors = {f"#{name}" for steps, name in texts if steps[-1] in ("$anchor", "$dynamicAnchor")}
    for steps, reference in texts:
        is_reference = steps[-1] == "$ref" and not DATA.intersection(steps)
        if is_reference and reference not in anchors and not _exists(reference, schema):
            hint = "A program takes no other file: define it under $defs and write #/$defs/NAME."
            raise ValidationError((*place, *steps), f"{reference!r} leads nowhere", hint)


def _exists(reference: str, schema: Any) -> bool:
    """Return whether a JSON Pointer, such as `#/$defs/name`, leads to something."""
    start, *steps = unquote(reference).split("/")
    for step in steps:
        key = step.replace("~1", "/").replace("~0", "~")
        index = int(key) if isinstance(schema, list) and key.isdecimal() else key
        try:
            schema = schema[index]
        except (LookupError, TypeError):
            return False
    return start == "#"


def subschemas(schema: JsonObject) -> Iterator[tuple[Place, Any]]:
    """Yield the schemas directly within a schema, each with its place."""
    for name in ("properties", "$defs"):
        yield from (((name, key), part) for key, part in schema.get(name, {}).items())
    if "items" in schema:
        yield ("items",), schema["items"]
    for name in COMBINING:
        yield from (((name, number), part) for number, part in enumerate(schema.get(name, [])))
