"""Write what a JSON Schema allows as source text: the function of a tool in Python, and the types of TypeScript."""

import builtins
import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

from chat_completions.catalog.types import LiteralStyle
from chat_completions.errors import BadInput
from chat_completions.planning.types import Tool, Variable
from chat_completions.rendering.literals import LONGEST_LINE, field_name, write_literal

# Names that the printed programs with tools use themselves, beside their constants in capitals.
PROGRAM_NAMES = {
    "Agent", "AgentRunResultEvent", "AnthropicModel", "AnthropicProvider", "Any", "AsyncIterator", "Callable",
    "ChatAnthropic", "ChatOpenAI", "EventSource", "FallbackExceptionGroup", "FallbackModel", "HTTPAdapter",
    "Iterator", "ModelHTTPError", "ModelRequest", "ModelResponse", "OpenAIChatModel", "OpenAICompatibleProvider",
    "PartDeltaEvent", "PartStartEvent", "Retry", "RetryTransport", "SecretStr", "ShortRetry", "SystemPromptPart",
    "TextPart", "TextPartDelta", "Tool", "ToolMessage", "UsageLimits", "UserPromptPart", "add_delta", "add_event",
    "add_item", "anthropic", "ask", "asyncio", "base", "call_tool", "chat_model", "client", "complete", "contextlib",
    "errors", "finish_blocks", "genai", "headers", "hooks", "http", "http_client", "http_error", "httpx", "json",
    "limits", "litellm", "llm", "logger", "logging", "main", "model_is_unavailable", "openai", "os", "partial",
    "proxies", "proxy", "requests", "retries", "run_tool", "session", "stream", "sys", "to_history", "transport",
    "types", "urllib",
}  # fmt: skip

TYPE_NAMES = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}
PYTHON_TYPES = {"string": "str", "number": "float", "integer": "int", "boolean": "bool", "null": "None"}
PYTHON_TYPES_OF_VALUES = {str: "str", int: "int", float: "float", bool: "bool", type(None): "None"}


def function_name(name: str) -> str:
    """Return the name of the Python function for a tool: the tool's own where that is possible."""
    identifier = re.sub(r"\W", "_", name, flags=re.ASCII)
    if identifier[:1].isdigit():
        identifier = f"_{identifier}"
    of_python = keyword.iskeyword(identifier) or hasattr(builtins, identifier)
    taken = of_python or identifier in PROGRAM_NAMES or identifier.isupper()
    return f"{identifier}_" if taken else identifier


def functions_by_name(tools: Iterable[Tool]) -> dict[str, Variable]:
    """Return the functions of the tools, by the tools' names; BadInput where two would be one function."""
    functions = {tool.name: Variable(function_name(tool.name)) for tool in tools}
    names = list(functions.values())
    for tool, function in functions.items():
        if names.count(function) > 1:
            raise BadInput(
                f"Another tool than {tool!r} becomes the function {function.name}, too.", "Rename one of them."
            )
    return functions


def signature(style: LiteralStyle, schema: Mapping[str, Any], name: str) -> str:
    """Return the keyword parameters of the Python function `name` for a tool's JSON Schema, required ones first."""
    properties = schema.get("properties", {})
    if not all(_is_parameter(name) for name in properties):
        return "**arguments: Any"
    required = [f"{name}: {_annotation(properties[name])}" for name in properties if name in schema.get("required", ())]
    optional = [name for name in properties if name not in schema.get("required", ())]
    parameters = required + [f"{name}: {_with_default(style, properties[name])}" for name in optional]
    parameters += ["**arguments: Any"] * takes_others(schema)
    short = ", ".join(parameters)
    return short if len(f"def {name}({short}) -> Any:") <= LONGEST_LINE else _one_on_each_line(parameters)


def takes_others(schema: Mapping[str, Any]) -> bool:
    """Return whether a tool's arguments may have other names than those of `properties`, as far as its schema tells."""
    elsewhere = ("patternProperties", "$ref", "allOf", "anyOf", "oneOf")
    properties = schema.get("properties")
    return (
        properties is None
        or schema.get("additionalProperties", False) is not False
        or any(name in schema for name in elsewhere)
        or not set(schema.get("required", ())) <= set(properties)
    )


def _is_parameter(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and name != "__debug__"


def _one_on_each_line(parameters: list[str]) -> str:
    return "\n" + "".join(f"    {parameter},\n" for parameter in parameters)


def _with_default(style: LiteralStyle, schema: Any) -> str:
    """Return the type of a parameter that may be left out, and the schema's own default where that is a plain value."""
    annotation = _annotation(schema)
    default = schema.get("default") if isinstance(schema, Mapping) else None
    if type(default).__name__ in annotation.split(" | ") and default is not None:
        return f"{annotation} = {write_literal(style, default)}"
    is_optional = annotation == "Any" or "None" in annotation.split(" | ")
    return f"{annotation} = None" if is_optional else f"{annotation} | None = None"


def _annotation(schema: Any) -> str:
    """Return the Python type of a value with this schema, as far as `type` tells it, or the values of `enum`."""
    if not isinstance(schema, Mapping):
        return "Any"
    kinds = schema.get("type")
    if kinds is None:
        names = [PYTHON_TYPES_OF_VALUES.get(type(value), "Any") for value in schema.get("enum", ())]
    else:
        names = [_name_of(kind, schema) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    return " | ".join(dict.fromkeys(names)) if names and "Any" not in names else "Any"


def _name_of(kind: Any, schema: Mapping[str, Any]) -> str:
    """Return the Python type of a JSON type."""
    if kind == "array":
        return f"list[{_annotation(schema.get('items'))}]"
    if kind == "object":
        return f"dict[str, {_annotation(schema.get('additionalProperties'))}]"
    return PYTHON_TYPES.get(str(kind), "Any")


def type_of(style: LiteralStyle, schema: Any, margin: int = 0, lead: int = 0) -> str:
    """Return the type, on one line where that fits; `unknown` for what the type system cannot express."""
    if not isinstance(schema, Mapping):
        return "unknown"
    if "const" in schema or "enum" in schema:
        return _union(
            "unknown" if isinstance(value, (Mapping, list)) else write_literal(style, value)
            for value in schema.get("enum", [schema.get("const")])
        )
    for name in ("anyOf", "oneOf"):
        if name in schema:
            choice = _union(type_of(style, part, margin, lead) for part in schema[name])
            return f"{_object(style, schema, margin, lead)} & ({choice})" if schema.get("properties") else choice
    kinds = schema.get("type", "object" if "properties" in schema else "")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return _union(_kind(style, kind, schema, margin, lead) for kind in kinds)


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
    fields = []
    for name, part in properties.items():
        key = f"{field_name(style, name)}{'' if name in schema.get('required', ()) else '?'}: "
        fields.append(key + type_of(style, part, inner, len(key) + 1))
    short = f"{{ {'; '.join(fields)} }}"
    if "\n" not in short and len(short) + margin + lead <= style.width:
        return short
    return "{\n" + "".join(f"{' ' * inner}{field};\n" for field in fields) + " " * margin + "}"


def _union(types: Iterable[str]) -> str:
    """Return the types as one, each once; no type at all is `unknown`."""
    names = dict.fromkeys(types)
    return " | ".join(names) if names and "unknown" not in names else "unknown"
