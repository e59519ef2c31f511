"""Check the user's tools, conversation and JSON Schema. A mistake raises ValidationError, which names its place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chat_completions.catalog.types import JsonObject
from chat_completions.catalog.validation import Place, ValidationError, check_json, validate
from chat_completions.catalog.yaml_files import read_our_file
from chat_completions.paths import references

COMBINING = ("allOf", "anyOf", "oneOf")
REFERRING = ("$ref", *COMBINING)  # a schema with one of them may have no type of its own
ANNOTATIONS = {"title", "description", "$schema", "default", "examples", "$id", "$comment", "$defs"}


def check_tools(data: Any) -> list[dict[str, Any]]:
    """Return the tools as {name, description, parameters, example, strict}.

    `data` is a list of them, or an object with a list `tools`; each is plain, or wrapped as
    chat completions wrap it ({type: function, function: {…}}).
    """
    tools: list[dict[str, Any]] = []
    for place, tool in _items(data, "tools"):
        _check(tool, "tool", place)
        _check_schemas(tool.get("parameters", {}), (*place, "parameters"))
        for other in tools:
            if other["name"].replace("-", "_") == tool["name"].replace("-", "_"):
                message = f"is {tool['name']!r}, too like {other['name']!r}: each becomes a function"
                raise ValidationError((*place, "name"), message)
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
        yield ((*place, number, "function"), item["function"]) if is_wrapped else ((*place, number), item)


def _check(data: Any, name: str, place: Place) -> None:
    """Raise ValidationError where the data break the rules of this name."""
    validate(data, read_our_file(references() / "user_files.schema.yaml")[name], place)


def _check_schemas(data: Any, place: Place) -> None:
    """Raise ValidationError where a schema, or one within it, is none."""
    _check(data, "schema", place)
    for steps, part in _parts(data) if isinstance(data, Mapping) else ():
        _check_schemas(part, (*place, *steps))


def notes_on_schema(schema: JsonObject, checked: Sequence[str]) -> list[str]:
    """Return what the gateway may refuse, and what a program that checks only some keywords leaves unchecked."""
    notes = []
    unchecked = sorted({keyword for part in _schemas(schema) for keyword in part} - {*checked, *ANNOTATIONS})
    if checked and unchecked:
        notes.append(f"the program does not check {', '.join(unchecked)} of the schema; the gateway may")
    if any(_is_loose(part) for part in _schemas(schema) if part.get("type") == "object"):
        notes.append(
            "strict mode of OpenAI wants every property required and additionalProperties false in every object"
        )
    return notes


def _is_loose(schema: JsonObject) -> bool:
    optional = set(schema.get("properties", {})) - set(schema.get("required", []))
    return bool(optional) or schema.get("additionalProperties") is not False


def _schemas(schema: Any) -> Iterator[JsonObject]:
    """Yield a schema and those within it, but not the schemas that are only true or false."""
    if isinstance(schema, Mapping):
        yield schema
        for _, part in _parts(schema):
            yield from _schemas(part)


def _parts(schema: JsonObject) -> Iterator[tuple[Place, Any]]:
    """Yield the schemas directly within a schema, each with its place."""
    for name in ("properties", "$defs"):
        yield from (((name, key), part) for key, part in schema.get(name, {}).items())
    if "items" in schema:
        yield ("items",), schema["items"]
    for name in COMBINING:
        yield from (((name, number), part) for number, part in enumerate(schema.get(name, [])))
