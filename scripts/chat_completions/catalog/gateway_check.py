"""Checks a gateway file of the user's: its structure, its address, and that it holds no key.

The structure is checked against the part of JSON Schema that gateway.schema.yaml uses. Not by `jsonschema`: it needs
a compiled package, and the skill runs where nothing can be installed. A test compares the verdicts of the two.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.urls import check_base_url
from chat_completions.catalog.yaml_files import line_of, read_own
from chat_completions.errors import BadInput, did_you_mean
from chat_completions.json_values import JsonObject
from chat_completions.paths import references

KEY_BEGINNINGS = re.compile(r"(?:sk|pk|rk|gsk|xai|ghp|nvapi|hf)[-_][A-Za-z0-9_-]{6,}|(?:AIza|eyJ)[A-Za-z0-9_-]{10,}")
LONG_PIECE = 16  # characters
LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
TYPES: dict[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "null": (type(None),),
}


class ValidationError(NamedTuple):
    """One mistake, and the keys and indexes that lead to it."""

    path: tuple[str | int, ...]
    message: str
    hint: str = ""


def check_gateway_file(data: Any, path: Path) -> None:
    """Raise BadInput with file and line where a gateway file of the user's breaks a rule."""
    for error in validate(data, read_own(references() / "gateway.schema.yaml")):
        where = ".".join(map(str, error.path)) or "the file"
        raise _at(path, error.path, f"{where} {error.message}.", error.hint)
    url = data["base_url"]
    if "YOUR-" in str(url):
        raise _at(path, ("base_url",), f"base_url is not filled in: {url}.", "Replace each YOUR-… with your own.")
    try:
        check_base_url(url if isinstance(url, str) else url["value"], allow_http=data.get("allow_http", False))
    except BadInput as problem:
        raise _at(path, ("base_url",), str(problem), problem.hint) from None
    for key in ("headers", "default_body", "endpoints"):
        for place, value in _texts(data.get(key), (key,)):
            if looks_like_key(value) or any(looks_like_key(text) for _, text in parse_qsl(urlsplit(value).query)):
                hint = "A file holds no keys: name its variable under `extra_keys: [{key: NAME, header: …}]`."
                raise _at(path, place, f"the value of {place[-1]} looks like a key.", hint)


def validate(data: Any, schema: JsonObject, path: tuple[str | int, ...] = ()) -> Iterator[ValidationError]:
    """Yield everything in `data` that the schema does not allow, outermost first."""
    kinds = schema.get("type", list(TYPES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(_is(data, kind) for kind in kinds):
        yield ValidationError(path, f"must be {' or '.join(kinds)}, not {type(data).__name__}")
    elif "enum" in schema and data not in schema["enum"]:
        yield ValidationError(path, f"is {data!r}, not one of {', '.join(schema['enum'])}")
    elif isinstance(data, str):
        yield from _text(data, schema, path)
    elif isinstance(data, Mapping):
        yield from _object(data, schema, path)
    elif isinstance(data, list):
        if len(data) < schema.get("minItems", 0):
            yield ValidationError(path, f"needs at least {schema['minItems']} items")
        for number, item in enumerate(data):
            yield from validate(item, schema.get("items", {}), (*path, number))


def _is(data: Any, kind: str) -> bool:
    return isinstance(data, TYPES[kind]) and (kind == "boolean" or not isinstance(data, bool))


def _text(data: str, schema: JsonObject, path: tuple[str | int, ...]) -> Iterator[ValidationError]:
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), data):
        # The text is not repeated: somebody may have put a key where its variable's name belongs.
        hint = schema.get("description", f"It must match {schema['pattern']}")
        yield ValidationError(path, "does not look as it should", hint)
    if len(data) > schema.get("maxLength", len(data)):
        yield ValidationError(path, f"is longer than {schema['maxLength']} characters")


def _object(data: Mapping[Any, Any], schema: JsonObject, path: tuple[str | int, ...]) -> Iterator[ValidationError]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for name in schema.get("required", ()):
        if name not in data:
            yield ValidationError(path, f"lacks {name!r}")
    for name, item in data.items():
        if not isinstance(name, str):
            yield ValidationError(path, f"has the key {name!r}, which is not text", "Put it in quotes.")
        elif name in known:
            yield from validate(item, known[name], (*path, name))
        elif others is False:
            yield ValidationError((*path, name), "is not known here", did_you_mean(name, known))
        else:
            yield from validate(item, others, (*path, name))


def looks_like_key(value: str) -> bool:
    """Return whether a value is likely to be a key: a known beginning, or a long run of letters and digits."""
    scheme, _, value_part = value.strip().rpartition(" ")
    if scheme in ("Bearer", "Basic") or KEY_BEGINNINGS.match(value_part):
        return True
    runs = [] if "://" in value else LONG_RUN.findall(value)
    # Beta switches and UUIDs are long too, but made of short pieces.
    pieces = [piece for run in runs for piece in re.split("[-_]", run) if len(piece) >= LONG_PIECE]
    return any(re.search(r"\d", piece) and re.search("[A-Za-z]", piece) for piece in pieces)


def _texts(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the texts within a value, each with the keys and indexes that lead to it."""
    if isinstance(value, str):
        yield place, value
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from _texts(item, (*place, step))


def _at(path: Path, place: tuple[str | int, ...], message: str, hint: str) -> BadInput:
    return BadInput(f"{path}:{line_of(path, place)}: {message}", hint)
