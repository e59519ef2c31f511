"""Check the user's tools, conversation and JSON Schema, item by item."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from chat_completions.catalog.types import JsonObject
from chat_completions.errors import BadInput

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
ROLES = ("system", "developer", "user", "assistant", "tool")
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
COMBINING = ("allOf", "anyOf", "oneOf")
REFERRING = ("$ref", *COMBINING)  # a schema with one of them may have no type of its own
KEYWORDS = {"enum": list, "required": list, "properties": dict, "$defs": dict, **dict.fromkeys(COMBINING, list)}
ANNOTATIONS = {"title", "description", "$schema", "default", "examples", "$id", "$comment", "$defs"}


def check_tools(data: Any, file: str) -> list[dict[str, Any]]:
    """Return the tools as {name, description, parameters, example}; BadInput names the one that is wrong.

    `data` is a list of them, or an object with a list `tools`; each is plain, or wrapped as
    chat completions wrap it ({type: function, function: {…}}).
    """
    listed = data.get("tools") if isinstance(data, dict) else data
    if not isinstance(listed, list) or not listed:
        raise BadInput(f"{file}: the tools must be a list.", "Each has name, description and parameters.")
    tools: list[dict[str, Any]] = []
    for number, item in enumerate(listed, 1):
        wrapped = isinstance(item, dict) and isinstance(item.get("function"), dict)
        tool: Any = item["function"] if wrapped else item
        problem = find_problem(tool, _problem_of_tool)
        for other in tools if not problem else ():
            if other["name"].replace("-", "_") == tool["name"].replace("-", "_"):
                problem = f"has the name {tool['name']!r}, too like {other['name']!r}: each becomes a function"
        if problem:
            raise BadInput(
                f"{file}: tool {number} {problem}.",
                'A tool looks like {"name": "get_time", "description": "…", "parameters": {"type": "object"}}.',
            )
        tools.append({"parameters": {"type": "object", "properties": {}}, **tool})
    return tools


def check_conversation(data: Any, file: str) -> list[Any]:
    """Return the messages, unchanged; BadInput names the file and the message that is wrong.

    `data` is a list of messages, or an object with a list `messages`.
    """
    messages = data.get("messages") if isinstance(data, dict) else data
    if not isinstance(messages, list) or not messages:
        raise BadInput(f"{file}: the conversation must be a list of messages.", "Each has a role and content.")
    for number, message in enumerate(messages, 1):
        problem = find_problem(message, _problem_of_message)
        if problem:
            raise BadInput(
                f"{file}: message {number} {problem}.", 'A message looks like {"role": "user", "content": "Hello"}.'
            )
    return messages


def _problem_of_tool(tool: Any) -> str:
    if not isinstance(tool, dict):
        return "is not an object"
    name, parameters = tool.get("name"), tool.get("parameters", {"type": "object"})
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"has the name {name!r}, not one of up to 64 letters, digits, _ and -"
    if not isinstance(tool.get("description", ""), str):
        return "has a description that is no text"
    if unknown := sorted(map(str, set(tool) - {"name", "description", "parameters", "example", "strict"})):
        return f"has {unknown[0]!r}, which is not known here"
    if not isinstance(tool.get("strict", False), bool):
        return "has a strict that is neither true nor false"
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        return "has parameters that are no JSON Schema of type object"
    return problem_of_schema(parameters, "its schema")


def _problem_of_message(message: Any) -> str:
    if not isinstance(message, dict):
        return "is not an object"
    role, content, calls = message.get("role"), message.get("content"), message.get("tool_calls")
    if role not in ROLES:
        return f"has the role {role!r}, not one of {', '.join(ROLES)}"
    if content is None and not (role == "assistant" and calls):
        return "has no content (null is only for an assistant's tool_calls)"
    if not (content is None or isinstance(content, (str, list))):
        return f"has content of type {type(content).__name__}, not text or a list of parts"
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        return "is a tool's result without tool_call_id"
    return _problem_of_calls(calls)


def _problem_of_calls(calls: Any) -> str:
    if calls is None:
        return ""
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        return "has tool_calls that are not a list of objects"
    for call in calls:
        function = call.get("function")
        if not isinstance(call.get("id"), str) or not isinstance(function, dict):
            return "has a tool call without id or function"
        if not isinstance(function.get("name"), str) or not isinstance(function.get("arguments"), str):
            return "has a tool call whose function lacks a name or arguments as text"
    return ""


def check_schema(data: Any, file: str) -> dict[str, Any]:
    """Return the JSON Schema, unchanged; BadInput where it is none that an answer can follow."""
    if not isinstance(data, dict) or not (data.get("type") == "object" or any(name in data for name in REFERRING)):
        is_list = isinstance(data, dict) and data.get("type") == "array"
        wrapped = '{"type": "object", "properties": {"items": …}, "required": ["items"]}'
        hint = f"Wrap the list in an object: {wrapped}." if is_list else 'Start it with {"type": "object", …}.'
        raise BadInput(f"{file}: the schema must be of type object.", hint)
    problem = find_problem(data, lambda schema: problem_of_schema(schema, "the schema"))
    if problem:
        raise BadInput(f"{file}: {problem}.", "It must be a JSON Schema.")
    return data


def problem_of_schema(data: Any, where: str) -> str:
    """Return what makes this no JSON Schema, with its place in the one called `where`; empty where nothing does."""
    if isinstance(data, bool):
        return ""
    if not isinstance(data, dict):
        return f"{where} is not an object"
    kinds = data.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in TYPES:
            return f"{where} has the type {kind!r}, not one of {', '.join(TYPES)}"
    for name, shape in KEYWORDS.items():
        if not isinstance(data.get(name, shape()), shape):
            return f"{where} has {name} that is no {'list' if shape is list else 'object'}"
    if not all(isinstance(name, str) for name in data.get("required", [])):
        return f"{where} has required that is no list of names"
    return first_problem(problem_of_schema(part, where + place) for place, part in _parts(data))


def notes_on_schema(schema: JsonObject, checked: Sequence[str]) -> list[str]:
    """Return what the gateway may refuse, and what a program that checks only some keywords leaves unchecked."""
    notes = []
    unchecked = sorted({keyword for part in _schemas(schema) for keyword in part} - {*checked, *ANNOTATIONS})
    if checked and unchecked:
        notes.append(f"the program does not check {', '.join(unchecked)} of the schema; the gateway may")
    if any(_is_loose(part) for part in _schemas(schema) if part.get("type") == "object"):
        notes.append(
            "strict mode of OpenAI wants every property required and additionalProperties false in every object"
        )
    return notes


def _is_loose(schema: JsonObject) -> bool:
    optional = set(schema.get("properties", {})) - set(schema.get("required", []))
    return bool(optional) or schema.get("additionalProperties") is not False


def _schemas(schema: Any) -> Iterator[JsonObject]:
    """Yield a schema and those within it, but not the schemas that are only true or false."""
    if isinstance(schema, Mapping):
        yield schema
        for _, part in _parts(schema):
            yield from _schemas(part)


def _parts(schema: JsonObject) -> Iterator[tuple[str, Any]]:
    """Yield the schemas directly within a schema, each with its place."""
    yield from ((f".{name}", part) for name, part in schema.get("properties", {}).items())
    if "items" in schema:
        yield ".items", schema["items"]
    for name in COMBINING:
        yield from ((f".{name}[{number}]", part) for number, part in enumerate(schema.get(name, [])))
    yield from ((f".$defs.{name}", part) for name, part in schema.get("$defs", {}).items())


def find_problem(data: Any, check: Callable[[Any], str]) -> str:
    """Return what `check` finds wrong with the data, or else what JSON cannot represent of them."""
    try:
        return check(data) or problem_of_value(data)
    except RecursionError:  # a YAML anchor that holds itself
        return "is nested too deeply"


def problem_of_value(value: Any) -> str:
    """Return what JSON or UTF-8 cannot represent: dates and the like of YAML, halves of surrogate pairs."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return "has a key that is not text"
        return first_problem(problem_of_value(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return first_problem(map(problem_of_value, value))
    if isinstance(value, str):
        return "holds half of a surrogate pair" if any("\ud800" <= character <= "\udfff" for character in value) else ""
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):  # noqa: PLR0124 - NaN
        return "holds a number that JSON does not have"
    return "" if value is None or isinstance(value, (bool, int, float)) else f"holds a {type(value).__name__}"


def first_problem(problems: Iterable[str]) -> str:
    """Return the first text that is not empty, or an empty one."""
    return next(filter(None, problems), "")
