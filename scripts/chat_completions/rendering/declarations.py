"""What the printed programs declare: functions and parameters in Python, types in TypeScript."""

import builtins
import json
import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

from chat_completions.catalog.types import LiteralStyle
from chat_completions.planning.types import Tool, Variable
from chat_completions.rendering.literals import field_name, text

# Names that the printed programs use themselves.
PROGRAM_NAMES = {
    "add_delta", "add_event", "add_item", "anthropic", "ask", "client", "complete", "genai", "http_error", "httpx",
    "io", "json", "logger", "logging", "openai", "os", "post", "requests", "retries", "run_tool", "session", "stream",
    "sys", "time", "types", "urllib3",
}  # fmt: skip

TYPE_NAMES = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}


def function_name(name: str) -> str:
    """Return the name of the Python function for a tool: the tool's own where that is possible."""
    identifier = re.sub(r"\W", "_", name, flags=re.ASCII)
    if identifier[:1].isdigit():
        identifier = f"_{identifier}"
    taken = keyword.iskeyword(identifier) or hasattr(builtins, identifier) or identifier in PROGRAM_NAMES
    return f"{identifier}_" if taken else identifier


def functions_by_name(tools: Sequence[Tool]) -> dict[str, Variable]:
    """Return the functions of the tools, by the tools' names."""
    return {tool.name: Variable(function_name(tool.name)) for tool in tools}


def signature(schema: Mapping[str, Any]) -> str:
    """Return the keyword parameters of a Python function for a tool's JSON Schema, required ones first."""
    names = list(schema.get("properties", {}))
    if not all(name.isidentifier() and name.isascii() and not keyword.iskeyword(name) for name in names):
        return "**arguments"
    required = [name for name in names if name in schema.get("required", ())]
    return ", ".join([*required, *(f"{name}=None" for name in names if name not in required)])


def snake_case(value: Any) -> Any:
    """Return `value` with the keys of its mappings in snake_case, as Python's client libraries name fields."""
    if isinstance(value, Mapping):
        return {
            re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", key): snake_case(item) for key, item in value.items()
        }
    return [snake_case(item) for item in value] if isinstance(value, list) else value


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
    return TYPE_NAMES.get(str(kind), "unknown")


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
    if "\n" not in short and len(short) + margin + lead <= style.width:
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
