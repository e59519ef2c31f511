"""Check the data of files, our own against types and the user's against a JSON Schema; an error names its place.

What of JSON Schema our schemas use is checked here, not by `jsonschema`: that needs a compiled package, and the skill
runs where nothing can be installed. A test compares the verdicts of the two. The hint to a mistake is the `description`
at its place; `x-hints` has those to wrong keys.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from chat_completions.catalog.types import JsonObject
from chat_completions.errors import did_you_mean

Place = tuple[str | int, ...]  # the keys and indexes that lead to a value in a file
T = TypeVar("T")
JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (Mapping,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,),
    "number": (int, float), "null": (type(None),),
}  # fmt: skip
TYPE_NAMES = {
    "object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false", "number": "a number",
    "null": "empty",
}  # fmt: skip
UNKNOWN = "names {!r}, which does not exist"
QUOTES = "Put it in quotes."


class ValidationError(Exception):
    """A mistake in a file: its place, a message that begins with the place, and a hint."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        item = "item " if place and isinstance(place[0], int) else ""
        super().__init__(f"{item}{'.'.join(map(str, place)) or 'the file'} {message}")
        self.place = place
        self.hint = hint


def build(kind: type[T], data: Any, place: Place = (), **extra: Any) -> T:
    """Return a named tuple with the fields of `data` and the `extra` ones.

    Raises ValidationError where a key is unknown or missing, or a list or a mapping is none.
    """
    if not isinstance(data, Mapping):
        raise ValidationError(place, f"must be a mapping, not {data!r}")
    named_tuple: Any = kind
    fields, defaults = named_tuple.__annotations__, named_tuple._field_defaults
    check_names(data, [name for name in fields if name not in extra], place, "is not known here")
    for name in fields:
        if name not in data and name not in extra and name not in defaults:
            raise ValidationError(place, f"lacks {name!r}")
    return kind(**{name: _convert(value, fields[name], (*place, name)) for name, value in data.items()}, **extra)


def _convert(value: Any, annotation: Any, place: Place) -> Any:
    """Return a field's value with the named tuples in it built; keys of a mapping are the ids of those with one."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is UnionType:
        return _convert(value, arguments[0], place)
    if hasattr(annotation, "_fields"):
        return build(annotation, value, place)
    if origin is Mapping and not isinstance(value, Mapping):
        raise ValidationError(place, f"must be a mapping, not {value!r}")
    if origin in (Sequence, list) and not isinstance(value, list):
        raise ValidationError(place, f"must be a list, not {value!r}")
    if origin is Mapping and "id" in getattr(arguments[1], "_fields", ()):
        return {name: build(arguments[1], item, (*place, name), id=name) for name, item in value.items()}
    if origin is Mapping:
        return {name: _convert(item, arguments[1], (*place, name)) for name, item in value.items()}
    if origin in (Sequence, list):
        return [_convert(item, arguments[0], (*place, number)) for number, item in enumerate(value)]
    return value


def check_names(names: Any, known: Sequence[str], place: Place, problem: str = UNKNOWN) -> None:
    """Raise ValidationError where one of the names, the keys of a mapping or the items of a list, is not known."""
    for number, name in enumerate(names):
        if name not in known:
            last = name if isinstance(names, Mapping) else number
            raise ValidationError((*place, last), problem.format(name), did_you_mean(str(name), known))


def has_type(value: Any, name: str) -> bool:
    """Return whether a value has this type of JSON; in Python True is also an int, but here it is no number."""
    return isinstance(value, JSON_TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def find_texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield the texts within a value, each with its place."""
    if isinstance(value, str):
        yield place, value
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from find_texts(item, (*place, step))


def check_json(value: Any, place: Place = ()) -> None:
    """Raise ValidationError for what JSON or UTF-8 cannot hold: dates and NaN of YAML, halves of surrogate pairs."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValidationError(place, f"has the key {key!r}, which is not text", QUOTES)
            check_json(key, place)
            check_json(item, (*place, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            check_json(item, (*place, number))
    elif isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError(place, "holds half of a surrogate pair")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(place, "is a number that JSON does not have")
    elif not isinstance(value, (str, int, float, type(None))):
        raise ValidationError(place, f"is a {type(value).__name__}, which JSON does not have", QUOTES)


def validate(data: Any, schema: JsonObject, place: Place = ()) -> None:
    """Raise ValidationError for the first thing in `data` that the schema does not allow, outermost first."""
    kinds, hint = schema.get("type", list(TYPE_NAMES)), schema.get("description", "")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(has_type(data, kind) for kind in kinds):
        wanted = " or ".join(TYPE_NAMES[kind] for kind in kinds)
        is_unquoted = "string" in kinds and not isinstance(data, (Mapping, list, type(None)))
        raise ValidationError(place, f"must be {wanted}, not {_type_name(data)}", QUOTES if is_unquoted else hint)
    if "enum" in schema and data not in schema["enum"]:
        raise ValidationError(place, f"is {data!r}, not one of {', '.join(schema['enum'])}", hint)
    if isinstance(data, str):
        _validate_text(data, schema, place)
    elif isinstance(data, Mapping):
        _validate_object(data, schema, place)
    elif isinstance(data, list):
        if len(data) < schema.get("minItems", 0):
            raise ValidationError(place, f"needs at least {schema['minItems']} items", hint)
        for number, item in enumerate(data):
            validate(item, schema.get("items", {}), (*place, number))


def _type_name(data: Any) -> str:
    return next((name for kind, name in TYPE_NAMES.items() if has_type(data, kind)), f"a {type(data).__name__}")


def _validate_text(data: str, schema: JsonObject, place: Place) -> None:
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), data):
        # The text is not repeated: somebody may have put a key where its variable's name belongs.
        hint = schema.get("description", f"It must match {schema['pattern']}")
        raise ValidationError(place, "does not look as it should", hint)
    if len(data) > schema.get("maxLength", len(data)):
        raise ValidationError(place, f"is longer than {schema['maxLength']} characters")


def _validate_object(data: Mapping[Any, Any], schema: JsonObject, place: Place) -> None:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    names = {"description": schema.get("description", ""), **schema.get("propertyNames", {})}
    for name in data:
        if not isinstance(name, str):
            raise ValidationError(place, f"has the key {name!r}, which is not text", QUOTES)
        if name not in known and others is False:
            hint = schema.get("x-hints", {}).get(name) or did_you_mean(name, known)
            raise ValidationError((*place, name), "is not known here", hint)
    for name in schema.get("required", ()):  # after the names, as it may be there with a typing error
        if name not in data:
            raise ValidationError(place, f"lacks {name!r}", schema.get("description", ""))
    for name, item in data.items():
        if name not in known:
            validate(name, names, (*place, name))
        validate(item, known.get(name, others), (*place, name))
