"""Names in the printed Python programs: of functions, parameters and fields."""

import builtins
import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

from chat_completions.planning.types import Tool, Variable

# Names that the printed programs use themselves.
PROGRAM_NAMES = {
    "add_delta", "add_event", "add_item", "anthropic", "ask", "client", "complete", "genai", "http_error", "httpx",
    "io", "json", "logger", "logging", "openai", "os", "post", "requests", "retries", "run_tool", "session", "stream",
    "sys", "time", "types", "urllib3",
}  # fmt: skip


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
