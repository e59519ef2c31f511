"""Writes the TypeScript type of the values that follow a JSON Schema."""

import json
from collections.abc import Mapping
from typing import Any

from chat_completions.catalog.types import LiteralStyle
from chat_completions.rendering.literals import WIDTH, field_name, text

PLAIN = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}


def type_of(style: LiteralStyle, schema: Any, margin: int = 0, lead: int = 0) -> str:
    """Return the type, on one line where that fits; `unknown` for what the type system cannot express."""
    if not isinstance(schema, Mapping):
        return "unknown"
    if "const" in schema or "enum" in schema:
        return _union([_literal(value) for value in schema.get("enum", [schema.get("const")])])
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return _union([type_of(style, part, margin, lead) for part in schema[name]])
    kinds = schema.get("type", "object" if "properties" in schema else "")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return _union([_kind(style, kind, schema, margin, lead) for kind in listed])


def _kind(style: LiteralStyle, kind: Any, schema: Mapping[str, Any], margin: int, lead: int) -> str:
    if kind == "array":
        items = type_of(style, schema.get("items"), margin, lead)
        return f"({items})[]" if " | " in items and not items.startswith("{") else f"{items}[]"
    if kind == "object":
        return _object(style, schema, margin, lead)
    return PLAIN.get(str(kind), "unknown")


def _object(style: LiteralStyle, schema: Mapping[str, Any], margin: int, lead: int) -> str:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return "Record<string, unknown>"
    inner = margin + style.indent
    fields = [
        _field(style, name, part, inner, required=name in schema.get("required", ()))
        for name, part in properties.items()
    ]
    short = f"{{ {'; '.join(fields)} }}"
    if "\n" not in short and len(short) + margin + lead <= WIDTH:
        return short
    return "{\n" + "".join(f"{' ' * inner}{field};\n" for field in fields) + " " * margin + "}"


def _field(style: LiteralStyle, name: str, schema: Any, margin: int, *, required: bool) -> str:
    key = f"{field_name(style, name)}{'' if required else '?'}: "
    return key + type_of(style, schema, margin, len(key) + 1)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return text(value)
    return json.dumps(value) if value is None or isinstance(value, (bool, int, float)) else "unknown"


def _union(types: list[str]) -> str:
    """Return the types as one, each once; no type at all is `unknown`."""
    return "unknown" if "unknown" in types or not types else " | ".join(dict.fromkeys(types))
