"""Checks a conversation that the user brings, turn by turn. Pure."""

from typing import Any

from chat_completions.errors import BadInput

ROLES = ("system", "user", "assistant", "tool")


def checked(data: Any, file: str) -> list[Any]:
    """The turns, unchanged; BadInput names the file and the turn that is wrong.

    `data` is a list of turns, or an object with a list `messages`.
    """
    turns = data.get("messages") if isinstance(data, dict) else data
    if not isinstance(turns, list) or not turns:
        raise BadInput(f"{file}: the conversation must be a list of turns.", "Each turn has a role and content.")
    for number, turn in enumerate(turns, 1):
        try:
            problem = _problem(turn)
        except RecursionError:  # a YAML anchor that holds itself
            problem = "is nested too deeply"
        if problem:
            raise BadInput(
                f"{file}: turn {number} {problem}.", 'A turn looks like {"role": "user", "content": "Hello"}.'
            )
    return turns


def _problem(turn: Any) -> str:
    if not isinstance(turn, dict):
        return "is not an object"
    role, content = turn.get("role"), turn.get("content")
    if role not in ROLES:
        return f"has the role {role!r}, not one of {', '.join(ROLES)}"
    calls = turn.get("tool_calls")
    if content is None and not (role == "assistant" and calls):
        return "has no content (null is only for an assistant's tool_calls)"
    if not (content is None or isinstance(content, (str, list))):
        return f"has content of type {type(content).__name__}, not text or a list of parts"
    if role == "tool" and not isinstance(turn.get("tool_call_id"), str):
        return "is a tool's result without tool_call_id"
    return _problem_of_calls(calls) or problem_of_value(turn)


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


def problem_of_value(value: Any) -> str:
    """What JSON or UTF-8 could not carry: dates and the like of YAML, halves of surrogate pairs."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return "has a key that is no text"
        wrong = [problem_of_value(one) for pair in value.items() for one in pair]
        return next((one for one in wrong if one), "")
    if isinstance(value, list):
        return next((one for one in map(problem_of_value, value) if one), "")
    if isinstance(value, str):
        return "holds half of a surrogate pair" if any("\ud800" <= one <= "\udfff" for one in value) else ""
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):  # noqa: PLR0124 - NaN
        return "holds a number that JSON does not have"
    return "" if value is None or isinstance(value, (bool, int, float)) else f"holds a {type(value).__name__}"
