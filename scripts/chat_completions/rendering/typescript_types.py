"""Writes the TypeScript type of the values that follow a JSON Schema."""

import json
from collections.abc import Mapping
from typing import Any

from chat_completions.catalog.language import LiteralStyle
from chat_completions.rendering.literals import WIDTH, field_name, text

PLAIN = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}


def type_of(schema: Any, style: LiteralStyle, margin: int = 0, lead: int = 0) -> str:
    """Return the type, on one line where that fits; `unknown` for what the type system has no words for."""
    if not isinstance(schema, Mapping):
        return "unknown"
    if "const" in schema or "enum" in schema:
        return _union([_literal(value) for value in schema.get("enum", [schema.get("const")])])
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return _union([type_of(one, style, margin, lead) for one in schema[name]])
    kinds = schema.get("type", "object" if "properties" in schema else "")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return _union([_kind(kind, schema, style, margin, lead) for kind in listed])


def _kind(kind: Any, schema: Mapping[str, Any], style: LiteralStyle, margin: int, lead: int) -> str:
    if kind == "array":
        items = type_of(schema.get("items"), style, margin, lead)
        return f"({items})[]" if " | " in items and not items.startswith("{") else f"{items}[]"
    if kind == "object":
        return _object(schema, style, margin, lead)
    return PLAIN.get(str(kind), "unknown")


def _object(schema: Mapping[str, Any], style: LiteralStyle, margin: int, lead: int) -> str:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return "Record<string, unknown>"
    inner = margin + style.indent
    fields = [_field(name, one, name in schema.get("required", ()), style, inner) for name, one in properties.items()]
    short = f"{{ {'; '.join(fields)} }}"
    if "\n" not in short and len(short) + margin + lead <= WIDTH:
        return short
    return "{\n" + "".join(f"{' ' * inner}{field};\n" for field in fields) + " " * margin + "}"


def _field(name: str, schema: Any, required: bool, style: LiteralStyle, margin: int) -> str:
    key = f"{field_name(name, style)}{'' if required else '?'}: "
    return key + type_of(schema, style, margin, len(key) + 1)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return text(value)
    return json.dumps(value) if value is None or isinstance(value, (bool, int, float)) else "unknown"


def _union(types: list[str]) -> str:
    """Return the types as one, each once; no type at all is `unknown`."""
    return "unknown" if "unknown" in types or not types else " | ".join(dict.fromkeys(types))
