"""Checks the tools and the schema that the user brings."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chat_completions.errors import BadInput
from chat_completions.json_values import JsonObject, problem_of_value

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
SILENT = {"title", "description", "$schema", "default", "examples", "$id", "$comment", "$defs"}  # not about values
# A schema may leave its type to what it refers to or is put together from.
REFERRING = ("$ref", "allOf", "anyOf", "oneOf")


def check_tools(data: Any, file: str) -> list[dict[str, Any]]:
    """Return the tools as {name, description, parameters, example}; BadInput names the one that is wrong.

    `data` is a list of them, or an object with a list `tools`; each is plain, or wrapped as
    chat completions wrap it ({type: function, function: {…}}).
    """
    listed = data.get("tools") if isinstance(data, dict) else data
    if not isinstance(listed, list) or not listed:
        raise BadInput(f"{file}: the tools must be a list.", "Each has name, description and parameters.")
    tools: list[dict[str, Any]] = []
    for number, item in enumerate(listed, 1):
        wrapped = isinstance(item, dict) and isinstance(item.get("function"), dict)
        tool: Any = item["function"] if wrapped else item
        problem = _guarded(tool, _problem_of_tool)
        similar = [] if problem else [other["name"] for other in tools if _is_similar(other["name"], tool["name"])]
        if similar:
            problem = f"has the name {tool['name']!r}, too like {similar[0]!r}: each becomes a function"
        if problem:
            raise BadInput(
                f"{file}: tool {number} {problem}.",
                'A tool looks like {"name": "get_time", "description": "…", "parameters": {"type": "object"}}.',
            )
        tools.append({"parameters": {"type": "object", "properties": {}}, **tool})
    return tools


def check_schema(data: Any, file: str) -> dict[str, Any]:
    """Return the JSON Schema, unchanged; BadInput says where it is none that an answer can follow."""
    if not isinstance(data, dict) or not (data.get("type") == "object" or any(name in data for name in REFERRING)):
        raise BadInput(f"{file}: the schema must be of type object.", 'Start it with {"type": "object", …}.')
    problem = _guarded(data, lambda whole: _problem_of_schema(whole, "the schema"))
    if problem:
        raise BadInput(f"{file}: {problem}.", "It must be a JSON Schema.")
    return data


def notes_on_schema(schema: JsonObject, checked: Sequence[str]) -> list[str]:
    """Return what the gateway may refuse, and what a program that checks only some keywords leaves unchecked."""
    notes = []
    unchecked = sorted({word for part in _schemas(schema) for word in part} - {*checked, *SILENT})
    if checked and unchecked:
        notes.append(f"the program does not check {', '.join(unchecked)} of the schema; the gateway may")
    objects = [part for part in _schemas(schema) if part.get("type") == "object"]
    if any(part.get("additionalProperties") is not False for part in objects) or any(
        set(part.get("properties", {})) - set(part.get("required", [])) for part in objects
    ):
        notes.append(
            "strict mode of OpenAI wants every property required and additionalProperties false in every object"
        )
    return notes


def _guarded(data: Any, check: Callable[[Any], str]) -> str:
    """Return what `check` finds wrong with the data, or else what JSON could not carry of it."""
    try:
        return check(data) or problem_of_value(data)
    except RecursionError:  # a YAML anchor that holds itself
        return "is nested too deeply"


def _is_similar(name: str, other: str) -> bool:
    return name.replace("-", "_") == other.replace("-", "_")


def _problem_of_tool(tool: Any) -> str:
    if not isinstance(tool, dict):
        return "is not an object"
    name, parameters = tool.get("name"), tool.get("parameters", {"type": "object"})
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"has the name {name!r}, not one of up to 64 letters, digits, _ and -"
    if not isinstance(tool.get("description", ""), str):
        return "has a description that is no text"
    if unknown := sorted(map(str, set(tool) - {"name", "description", "parameters", "example", "strict"})):
        return f"has {unknown[0]!r}, which is not known here"
    if not isinstance(tool.get("strict", False), bool):
        return "has a strict that is neither true nor false"
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        return "has parameters that are no JSON Schema of type object"
    return _problem_of_schema(parameters, "its schema")


def _problem_of_schema(data: Any, where: str) -> str:
    """Return what makes this no JSON Schema, as far as the programs read one."""
    if isinstance(data, bool):
        return ""
    if not isinstance(data, dict):
        return f"{where} is not an object"
    kinds = data.get("type", [])
    for kind in [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else [kinds]:
        if kind not in TYPES:
            return f"{where} has the type {kind!r}, not one of {', '.join(TYPES)}"
    if not isinstance(data.get("enum", []), list):
        return f"{where} has an enum that is no list"
    required, properties = data.get("required", []), data.get("properties", {})
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        return f"{where} has required that is no list of names"
    if not isinstance(properties, dict):
        return f"{where} has properties that are no object"
    inner = [(one, f"{where}.{name}") for name, one in properties.items()]
    inner += [(data["items"], f"{where}.items")] if "items" in data else []
    for name in ("allOf", "anyOf", "oneOf"):
        if not isinstance(data.get(name, []), list):
            return f"{where} has {name} that is no list"
        inner += [(one, f"{where}.{name}[{number}]") for number, one in enumerate(data.get(name, []))]
    if not isinstance(data.get("$defs", {}), dict):
        return f"{where} has $defs that are no object"
    inner += [(one, f"{where}.$defs.{name}") for name, one in data.get("$defs", {}).items()]
    return next(filter(None, (_problem_of_schema(*part) for part in inner)), "")


def _schemas(data: Any) -> Iterator[JsonObject]:
    """Yield a schema and those within it."""
    if isinstance(data, Mapping):
        yield data
        several = [part for name in ("allOf", "anyOf", "oneOf") for part in data.get(name, ())]
        inner = [*data.get("properties", {}).values(), *data.get("$defs", {}).values(), data.get("items"), *several]
        for part in inner:
            yield from _schemas(part)
