"""Check a gateway file of the user's: its structure, its address, and that it holds no key.

The structure is in gateway.schema.yaml. What of JSON Schema it uses is checked here, not by `jsonschema`: that needs a
compiled package, and the skill runs where nothing can be installed. A test compares the verdicts of the two. The hint
to a mistake is the `description` at its place; `x-hints` has those to wrong keys.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.build import Place, ValidationError, find_texts, has_type
from chat_completions.catalog.gateway_file import check_base_url
from chat_completions.catalog.types import JsonObject
from chat_completions.errors import BadInput, did_you_mean

KEY_BEGINNINGS = re.compile(r"(?:sk|pk|rk|gsk|xai|ghp|nvapi|hf)[-_][A-Za-z0-9_-]{6,}|(?:AIza|eyJ)[A-Za-z0-9_-]{10,}")
LONG_PIECE = 16  # characters
LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
UNRESTRICTED = {"sources", "headers", "default_body", "query", "default"}  # below these, `source` is no reference

TYPE_NAMES = {
    "object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false", "number": "a number",
    "null": "empty",
}  # fmt: skip
QUOTES = "Put it in quotes."


def check_gateway(data: Any, schema: JsonObject) -> None:
    """Raise ValidationError where the data of a gateway file break a rule."""
    for error in validate(data, schema):
        raise error
    url = data["base_url"]
    if "YOUR-" in str(url):
        raise ValidationError(("base_url",), f"is not filled in: {url}", "Replace each YOUR-… with your own.")
    try:
        check_base_url(url if isinstance(url, str) else url["value"], allow_http=data.get("allow_http", False))
    except BadInput as problem:
        raise ValidationError(("base_url",), f"is refused: {str(problem).rstrip('.')}", problem.hint) from None
    _check_models(data, schema["properties"]["recommended_models"]["additionalProperties"]["properties"])
    _check_keys(data)


def _check_models(data: Any, uses: JsonObject) -> None:
    """Raise ValidationError where `models` mixes ids and uses, or names a use that does not exist."""
    models = data.get("models")
    for use, ids in models.items() if isinstance(models, Mapping) else ():
        if isinstance(ids, (str, list)) and use not in uses:
            hint = f"Known: {', '.join(uses)}. Models that are for no use in particular are a list."
            raise ValidationError(("models", use), "is not what a model is for", hint)


def _check_keys(data: Any) -> None:
    """Raise ValidationError where a file holds a key, or names a variable or a source that it does not define."""
    key, schemes = data.get("key"), [auth["key"] for auth in data.get("auth", ())]
    if key and schemes and (key["name"] if isinstance(key, Mapping) else key) not in schemes:
        raise ValidationError(("key",), "names a variable that auth does not", "Leave key out: auth names the keys.")
    for place, value in find_texts(data):
        names_source = place[-1] == "source" and not UNRESTRICTED.intersection(place)
        if names_source and value not in data.get("sources", {}):
            hint = f"Describe it: `sources: {{{value}: {{source: URL, date: '2026-01-31', confidence: high}}}}`."
            raise ValidationError(place, f"names {value!r}, which is not among sources", hint)
        of_url = [text for _, text in parse_qsl(urlsplit(value).query)]
        if place[0] in ("headers", "default_body", "endpoints") and any(map(looks_like_key, (value, *of_url))):
            hint = "A file holds no keys: name its variable under `extra_keys: [{key: NAME, header: …}]`."
            raise ValidationError(place, "looks like a key", hint)


def looks_like_key(value: str) -> bool:
    """Return whether a value is likely to be a key: a known prefix, or a long run of letters and digits."""
    scheme, _, value_part = value.strip().rpartition(" ")
    if scheme in ("Bearer", "Basic") or KEY_BEGINNINGS.match(value_part):
        return True
    runs = [] if "://" in value else LONG_RUN.findall(value)
    # Beta switches and UUIDs are long too, but made of short pieces.
    pieces = [piece for run in runs for piece in re.split("[-_]", run) if len(piece) >= LONG_PIECE]
    return any(re.search(r"\d", piece) and re.search("[A-Za-z]", piece) for piece in pieces)


def validate(data: Any, schema: JsonObject, place: Place = ()) -> Iterator[ValidationError]:
    """Yield everything in `data` that the schema does not allow, outermost first."""
    kinds = schema.get("type", list(TYPE_NAMES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(has_type(data, kind) for kind in kinds):
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


def _type_name(data: Any) -> str:
    return next((name for kind, name in TYPE_NAMES.items() if has_type(data, kind)), f"a {type(data).__name__}")


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
