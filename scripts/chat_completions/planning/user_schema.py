"""Checks a JSON Schema of the user's, as far as the programs read one, and notes what not everybody follows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chat_completions.errors import BadInput
from chat_completions.json_values import JsonObject, find_problem, first_problem

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
COMBINING = ("allOf", "anyOf", "oneOf")
REFERRING = ("$ref", *COMBINING)  # a schema with one of them may have no type of its own
KEYWORDS = {"enum": list, "required": list, "properties": dict, "$defs": dict, **dict.fromkeys(COMBINING, list)}
ANNOTATIONS = {"title", "description", "$schema", "default", "examples", "$id", "$comment", "$defs"}


def check_schema(data: Any, file: str) -> dict[str, Any]:
    """Return the JSON Schema, unchanged; BadInput where it is none that an answer can follow."""
    if not isinstance(data, dict) or not (data.get("type") == "object" or any(name in data for name in REFERRING)):
        raise BadInput(f"{file}: the schema must be of type object.", 'Start it with {"type": "object", …}.')
    problem = find_problem(data, lambda schema: problem_of_schema(schema, "the schema"))
    if problem:
        raise BadInput(f"{file}: {problem}.", "It must be a JSON Schema.")
    return data


def problem_of_schema(data: Any, where: str) -> str:
    """Return what makes this no JSON Schema, with its place in the one called `where`; empty where nothing does."""
    if isinstance(data, bool):
        return ""
    if not isinstance(data, dict):
        return f"{where} is not an object"
    kinds = data.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in TYPES:
            return f"{where} has the type {kind!r}, not one of {', '.join(TYPES)}"
    for name, shape in KEYWORDS.items():
        if not isinstance(data.get(name, shape()), shape):
            return f"{where} has {name} that is no {'list' if shape is list else 'object'}"
    if not all(isinstance(name, str) for name in data.get("required", [])):
        return f"{where} has required that is no list of names"
    return first_problem(problem_of_schema(part, where + place) for place, part in _parts(data))


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


def _parts(schema: JsonObject) -> Iterator[tuple[str, Any]]:
    """Yield the schemas directly within a schema, each with its place."""
    yield from ((f".{name}", part) for name, part in schema.get("properties", {}).items())
    if "items" in schema:
        yield ".items", schema["items"]
    for name in COMBINING:
        yield from ((f".{name}[{number}]", part) for number, part in enumerate(schema.get(name, [])))
    yield from ((f".$defs.{name}", part) for name, part in schema.get("$defs", {}).items())
