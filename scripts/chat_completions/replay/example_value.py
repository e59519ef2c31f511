"""Generate a value that is valid for a JSON Schema: the arguments of a tool, a structured answer."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from chat_completions.catalog.types import JsonObject

MAX_DEPTH = 6  # deeper, only what is required is filled in, so that a recursive schema ends
FORMATS = {
    "date": "2026-01-15", "date-time": "2026-01-15T12:00:00Z", "time": "12:00:00Z", "duration": "P1D",
    "email": "user@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "uri": "https://example.com/", "url": "https://example.com/", "uuid": "00000000-0000-4000-8000-000000000000",
}  # fmt: skip
PATTERN_EXAMPLES = [
    "a", "A", "1", "12", "123", "1234", "12345", "12345678", "0123456789", "ab", "AB", "abc", "ABC", "Abc", "ABCD",
    "a1", "A1", "A-1", "#1", "AB123", "AB-12", "AB-1234", "ABC123", "ABC-123", "12:00", "2026", "2026-01-15", "1.0",
    "1.0.0", "v1.0.0", "#a1b2c3", "+4712345678", "123-456-7890", "en-US", "user@example.com", "https://example.com/",
]  # fmt: skip
KEYS_OF_TYPES = {
    "object": ("properties", "required", "additionalProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "contains"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def example_value(schema: Any, root: Any = None, *, name: str = "", index: int = 0, depth: int = 0) -> Any:
    """Return a valid value; `name` is its property, `index` its place in an array, where values may have to differ."""
    root = schema if root is None else root
    schema = _resolve(schema, root)
    choices = [schema["const"]] if "const" in schema else schema.get("enum") or schema.get("examples")
    if choices:
        return choices[index % len(choices)]
    if schema.get("default") is not None and not index:
        return schema["default"]
    kind = _type(schema)
    if kind == "object":
        return _object(schema, root, depth)
    if kind == "array":
        return _array(schema, root, name, depth)
    if kind in ("number", "integer"):
        return _number(schema, index, whole=kind == "integer")
    return _text(schema, name, index) if kind == "string" else {"boolean": True}.get(kind)


def _resolve(schema: Any, root: Any) -> dict[str, Any]:
    """Return the schema with its references followed, and one branch of each choice merged in."""
    merged: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {}
    for _ in range(MAX_DEPTH * 2):
        if "$ref" in merged:
            merged = _merge(_follow(merged.pop("$ref"), root), merged)
        elif "allOf" in merged:
            for part in merged.pop("allOf"):
                merged = _merge(merged, _resolve(part, root))
        elif "anyOf" in merged or "oneOf" in merged:
            branches = merged.pop("anyOf", None) or merged.pop("oneOf")
            merged = _merge(merged, next((branch for branch in branches if branch != {"type": "null"}), {}))
        else:
            break
    return merged


def _follow(reference: str, root: Any) -> JsonObject:
    """Return what `#/$defs/name` points to."""
    target = root
    for step in reference.lstrip("#").strip("/").split("/") if reference.strip("#/") else []:
        key = step.replace("~1", "/").replace("~0", "~")
        target = target[int(key)] if isinstance(target, list) else target.get(key, {})
    return target if isinstance(target, Mapping) else {}


def _merge(first: JsonObject, second: JsonObject) -> dict[str, Any]:
    """Return both schemas in one: properties and required of both, else the keywords of the second."""
    merged = {**first, **second}
    if "properties" in first and "properties" in second:
        merged["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        merged["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    return merged


def _type(schema: JsonObject) -> str:
    """Return the type of the value; Gemini writes its types in capitals."""
    types = schema.get("type", [])
    names = [str(name).lower() for name in ([types] if isinstance(types, str) else types)]
    inferred = [kind for kind, keys in KEYS_OF_TYPES.items() if any(key in schema for key in keys)]
    return ([kind for kind in names if kind != "null"] or names or inferred or ["string"])[0]


def _object(schema: JsonObject, root: Any, depth: int) -> dict[str, Any]:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    names = [*properties, *(name for name in required if name not in properties)]
    if depth >= MAX_DEPTH:
        names = list(required)
    value = {
        name: example_value(properties.get(name, {}), root, name=name, depth=depth + 1)
        for name in names[: max(len(required), schema.get("maxProperties", len(names)))]
    }
    others = schema.get("additionalProperties")
    for number in range(len(value), schema.get("minProperties", 0)):
        value[f"key{number}"] = example_value(others if isinstance(others, Mapping) else {}, root, depth=depth + 1)
    return value


def _array(schema: JsonObject, root: Any, name: str, depth: int) -> list[Any]:
    first: Sequence[Any] = schema.get("prefixItems", ())
    length = max(schema.get("minItems", 0), len(first) or int(depth < MAX_DEPTH))
    length = min(length, schema.get("maxItems", length))
    items = schema.get("items", schema.get("contains", {}))
    schemas = [first[number] if number < len(first) else items for number in range(length)]
    return [example_value(item, root, name=name, index=number, depth=depth + 1) for number, item in enumerate(schemas)]


def _number(schema: JsonObject, index: int, *, whole: bool) -> float:
    step = schema.get("multipleOf", 1)
    in_steps = whole or "multipleOf" in schema
    margin = 1 if in_steps else 0.01  # from a bound that is not allowed itself
    lows = [schema[name] + more for name, more in (("minimum", 0), ("exclusiveMinimum", margin)) if name in schema]
    highs = [schema[name] - more for name, more in (("maximum", 0), ("exclusiveMaximum", margin)) if name in schema]
    value: float = max(lows) if lows else min([1, *highs])
    if lows and highs and not in_steps:
        value = (max(lows) + min(highs)) / 2
    value += index * step
    if in_steps:
        value = math.ceil(round(value / step, 9)) * step
    return int(value) if whole or value == int(value) else value


def _text(schema: JsonObject, name: str, index: int) -> str:
    text = FORMATS.get(schema.get("format", ""), f"example {name}".strip())
    if "pattern" in schema:
        text = next((example for example in (text, *PATTERN_EXAMPLES) if re.search(schema["pattern"], example)), text)
    elif index and "format" not in schema:
        text = f"{text} {index + 1}"
    text = text.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]
