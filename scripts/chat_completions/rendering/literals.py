"""Write values, names and types as source text. All escaping is here; language.yaml says how under `literals:`."""

import builtins
import json
import keyword
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from chat_completions.catalog.types import LiteralStyle
from chat_completions.errors import BadInput
from chat_completions.planning.types import Tool, Variable

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
LONGEST_LINE = 120
BASIC_PLANE = 0x10000  # characters from here on take two surrogates
BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
UNUSUAL = re.compile(r'["\\]|[^ -~]')
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write_literal(style: LiteralStyle, value: Any, margin: int = 0, lead: int = 0) -> str:
    """Return `value` as source text: on one line where that fits, `lead` columns being taken already.

    Lines after the first are pushed right by `margin`.
    """
    short = _flat(style, value)
    is_collection = isinstance(value, (Mapping, list, tuple)) and not isinstance(value, Variable)
    if len(short) + margin + lead <= style.width or not is_collection or not value:
        return short
    inner = margin + style.indent
    if isinstance(value, Mapping):
        return _block(style, "{}", [_item(style, key, item, inner) for key, item in value.items()], margin)
    return _block(style, "[]", [write_literal(style, item, inner, 1) for item in value], margin)


def write_keywords(
    style: LiteralStyle, value: Mapping[str, Any], margin: int = 0, lead: int = 0, *, packed: bool = False
) -> str:
    """Return a mapping as Python's keyword arguments: on one line where they fit, else each on its own.

    With `packed` they may share a line of their own, as ruff formats a call without a last comma.
    """
    short = ", ".join(f"{name}={_flat(style, item)}" for name, item in value.items())
    if len(short) + margin + lead <= style.width:
        return short
    pad = " " * (margin + style.indent)
    if packed and len(pad + short) <= LONGEST_LINE:
        return f"\n{pad}{short}\n" + " " * margin
    lines = [f"{pad}{name}={write_literal(style, item, len(pad), len(name) + 2)},\n" for name, item in value.items()]
    return "\n" + "".join(lines) + " " * margin


def text(value: str, non_bmp_escape: str = "surrogates") -> str:
    """Return a string in double quotes that Python, JavaScript and JSON read alike; what is invisible is escaped."""
    return '"' + UNUSUAL.sub(lambda match: SHORT.get(match[0]) or _visible(match[0], non_bmp_escape), value) + '"'


def _visible(character: str, non_bmp_escape: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if code < BASIC_PLANE:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}" if non_bmp_escape == "code_point" else str(json.dumps(character))[1:-1]


def _flat(style: LiteralStyle, value: Any) -> str:
    if isinstance(value, Variable):
        return style.sigil + value.name
    if value is None or isinstance(value, bool):
        return style.null_literal if value is None else style.booleans[value]
    if isinstance(value, str):
        return text(value, style.non_bmp_escape)
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise BadInput(f"JSON has no number {value}.", "Write a finite one.")
        if style.largest_integer and isinstance(value, int) and abs(value) > style.largest_integer:
            raise BadInput(f"{value} is too large for JavaScript: another number would be sent.", "Use Python or curl.")
        return json.dumps(value)
    if isinstance(value, Mapping):
        inside = ", ".join(
            key if _is_shorthand(style, key, item) else f"{field_name(style, key)}: {_flat(style, item)}"
            for key, item in value.items()
        )
        return f"{{ {inside} }}" if style.unquoted_keys and value else f"{{{inside}}}"
    return "[" + ", ".join(_flat(style, item) for item in value) + "]"


def _item(style: LiteralStyle, key: str, value: Any, margin: int) -> str:
    """Return a key and its value, which may take several lines."""
    if _is_shorthand(style, key, value):
        return key
    name = f"{field_name(style, key)}: "
    return name + write_literal(style, value, margin, len(name) + 1)


def _is_shorthand(style: LiteralStyle, key: str, value: Any) -> bool:
    """Return whether `{ key }` is enough: JavaScript, and a variable of the key's own name."""
    return style.unquoted_keys and isinstance(value, Variable) and value.name == key


def field_name(style: LiteralStyle, name: str) -> str:
    """Return the name of a field as source text, quoted where it has to be."""
    if not style.unquoted_keys:
        return text(name, style.non_bmp_escape)
    if name == "__proto__":  # written as any other key it would set the object's prototype
        return '["__proto__"]'
    return name if BARE_KEY.fullmatch(name) else text(name, style.non_bmp_escape)


def _block(style: LiteralStyle, brackets: str, items: list[str], margin: int) -> str:
    pad = " " * (margin + style.indent)
    last = "," if style.trailing_comma else ""
    return brackets[0] + "\n" + pad + f",\n{pad}".join(items) + last + "\n" + " " * margin + brackets[1]


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
