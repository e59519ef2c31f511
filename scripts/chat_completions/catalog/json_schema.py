"""Checks data against the part of JSON Schema that gateway.schema.yaml uses, and says what is wrong in YAML's words.

Not by `jsonschema`: it needs a compiled package, and the skill runs where nothing can be installed. A test compares
the verdicts of the two. The hint to a mistake is the `description` at its place; `x-hints` has those to wrong keys.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chat_completions.catalog.build import Place, ValidationError
from chat_completions.errors import did_you_mean
from chat_completions.json_values import JsonObject

TYPES: dict[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "null": (type(None),),
}
TYPE_NAMES = {
    "object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false", "number": "a number",
    "null": "empty",
}  # fmt: skip
QUOTES = "Put it in quotes."


def validate(data: Any, schema: JsonObject, place: Place = ()) -> Iterator[ValidationError]:
    """Yield everything in `data` that the schema does not allow, outermost first."""
    kinds = schema.get("type", list(TYPES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(_is(data, kind) for kind in kinds):
        wanted = " or ".join(TYPE_NAMES[kind] for kind in kinds)
        hint = QUOTES if kinds == ["string"] and not isinstance(data, (Mapping, list, type(None))) else ""
        yield ValidationError(place, f"must be {wanted}, not {_type_name(data)}", hint or schema.get("description", ""))
    elif "enum" in schema and data not in schema["enum"]:
        hint = schema.get("description", "")
        yield ValidationError(place, f"is {data!r}, not one of {', '.join(schema['enum'])}", hint)
    elif isinstance(data, str):
        yield from _text(data, schema, place)
    elif isinstance(data, Mapping):
        yield from _object(data, schema, place)
    elif isinstance(data, list):
        if len(data) < schema.get("minItems", 0):
            yield ValidationError(place, f"needs at least {schema['minItems']} items")
        for number, item in enumerate(data):
            yield from validate(item, schema.get("items", {}), (*place, number))


def _is(data: Any, kind: str) -> bool:
    return isinstance(data, TYPES[kind]) and (kind == "boolean" or not isinstance(data, bool))


def _type_name(data: Any) -> str:
    return next((TYPE_NAMES[kind] for kind in TYPES if _is(data, kind)), f"a {type(data).__name__}")


def _text(data: str, schema: JsonObject, place: Place) -> Iterator[ValidationError]:
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), data):
        # The text is not repeated: somebody may have put a key where its variable's name belongs.
        hint = schema.get("description", f"It must match {schema['pattern']}")
        yield ValidationError(place, "does not look as it should", hint)
    if len(data) > schema.get("maxLength", len(data)):
        yield ValidationError(place, f"is longer than {schema['maxLength']} characters")


def _object(data: Mapping[Any, Any], schema: JsonObject, place: Place) -> Iterator[ValidationError]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    names = {"description": schema.get("description", ""), **schema.get("propertyNames", {})}
    for name in schema.get("required", ()):
        if name not in data:
            yield ValidationError(place, f"lacks {name!r}", schema.get("description", ""))
    for name, item in data.items():
        if not isinstance(name, str):
            yield ValidationError(place, f"has the key {name!r}, which is not text", QUOTES)
        elif name in known:
            yield from validate(item, known[name], (*place, name))
        elif others is False:
            hint = schema.get("x-hints", {}).get(name) or did_you_mean(name, known)
            yield ValidationError((*place, name), "is not known here", hint)
        else:
            yield from validate(name, names, (*place, name))
            yield from validate(item, others, (*place, name))
