"""Checks a conversation that the user brings, message by message."""

from typing import Any

from chat_completions.errors import BadInput
from chat_completions.json_values import problem_of_value

ROLES = ("system", "developer", "user", "assistant", "tool")


def check_conversation(data: Any, file: str) -> list[Any]:
    """Return the messages, unchanged; BadInput names the file and the message that is wrong.

    `data` is a list of messages, or an object with a list `messages`.
    """
    messages = data.get("messages") if isinstance(data, dict) else data
    if not isinstance(messages, list) or not messages:
        raise BadInput(f"{file}: the conversation must be a list of messages.", "Each has a role and content.")
    for number, message in enumerate(messages, 1):
        try:
            problem = _problem(message)
        except RecursionError:  # a YAML anchor that holds itself
            problem = "is nested too deeply"
        if problem:
            raise BadInput(
                f"{file}: message {number} {problem}.", 'A message looks like {"role": "user", "content": "Hello"}.'
            )
    return messages


def _problem(message: Any) -> str:
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
    return _problem_of_calls(calls) or problem_of_value(message)


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
