"""Checks the tools and the schema that the user brings. Pure."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from chat_completions.errors import BadInput
from chat_completions.turns import problem_of_value

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
# What the written programs check an answer for; other keywords only the gateway may enforce.
CHECKED = {"type", "enum", "items", "required", "properties", "additionalProperties"}
SILENT = {"title", "description", "$schema", "default", "examples", "$id", "$comment"}


def tools(data: Any, file: str) -> list[dict[str, Any]]:
    """The tools as {name, description, parameters, example}; BadInput names the one that is wrong.

    `data` is a list of them, or an object with a list `tools`; each is plain, or wrapped as
    chat completions wrap it ({type: function, function: {…}}).
    """
    listed = data.get("tools") if isinstance(data, dict) else data
    if not isinstance(listed, list) or not listed:
        raise BadInput(f"{file}: the tools must be a list.", "Each has name, description and parameters.")
    found: list[dict[str, Any]] = []
    for number, one in enumerate(listed, 1):
        tool: Any = one.get("function") if isinstance(one, dict) and isinstance(one.get("function"), dict) else one
        problem = _guarded(tool, _problem_of_tool)
        alike = [] if problem else [other["name"] for other in found if _alike(other["name"], tool["name"])]
        if alike:
            problem = f"has the name {tool['name']!r}, too like {alike[0]!r}: each becomes a function"
        if problem:
            raise BadInput(
                f"{file}: tool {number} {problem}.",
                'A tool looks like {"name": "get_time", "description": "…", "parameters": {"type": "object"}}.',
            )
        found.append({"parameters": {"type": "object", "properties": {}}, **tool})
    return found


def schema(data: Any, file: str) -> dict[str, Any]:
    """The JSON Schema, unchanged; BadInput says where it is none that an answer can follow."""
    if not isinstance(data, dict) or data.get("type") != "object":
        raise BadInput(f"{file}: the schema must be of type object.", 'Start it with {"type": "object", …}.')
    problem = _guarded(data, lambda one: _problem_of_schema(one, "the schema"))
    if problem:
        raise BadInput(f"{file}: {problem}.", "It must be a JSON Schema.")
    return data


def caveats_of_schema(data: dict[str, Any]) -> list[str]:
    """What the gateway may refuse, and what the written program does not check."""
    found = []
    unchecked = sorted({word for one in _schemas(data) for word in one} - CHECKED - SILENT)
    if unchecked:
        found.append(f"the program does not check {', '.join(unchecked)} of the schema; the gateway may")
    objects = [one for one in _schemas(data) if one.get("type") == "object"]
    if any(one.get("additionalProperties") is not False for one in objects) or any(
        set(one.get("properties", {})) - set(one.get("required", [])) for one in objects
    ):
        found.append(
            "strict mode of OpenAI wants every property required and additionalProperties false in every object"
        )
    return found


def _guarded(data: Any, check: Callable[[Any], str]) -> str:
    """What `check` finds wrong with the data, or else what JSON could not carry of it."""
    try:
        return check(data) or problem_of_value(data)
    except RecursionError:  # a YAML anchor that holds itself
        return "is nested too deeply"


def _alike(one: str, other: str) -> bool:
    return one.replace("-", "_") == other.replace("-", "_")


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
    """What makes this no JSON Schema, as far as the programs read one; nothing where all is well."""
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
    if not isinstance(required, list) or not all(isinstance(one, str) for one in required):
        return f"{where} has required that is no list of names"
    if not isinstance(properties, dict):
        return f"{where} has properties that are no object"
    inner = [(one, f"{where}.{name}") for name, one in properties.items()]
    inner += [(data["items"], f"{where}.items")] if "items" in data else []
    return next((found for found in (_problem_of_schema(*one) for one in inner) if found), "")


def _schemas(data: Any) -> Iterator[dict[str, Any]]:
    """A schema and those within it."""
    if isinstance(data, dict):
        yield data
        for one in [*data.get("properties", {}).values(), data.get("items")]:
            yield from _schemas(one)
