"""How a protocol writes tools and the choice between them."""

from collections.abc import Sequence
from typing import Any

from chat_completions.catalog.protocol import Protocol, ToolFormat
from chat_completions.errors import BadInput, NotOffered
from chat_completions.json_values import ABSENT, EMPTY, JsonObject, fill, merge, put
from chat_completions.planning.types import Tool

CHOICES = ("auto", "none", "required")


def define_tools(tools: Sequence[Tool], protocol: Protocol) -> list[JsonObject]:
    """Return the tools as the protocol declares them; NotOffered where it cannot express a strict one."""
    shape = protocol.tools.shape if protocol.tools else EMPTY
    strict = next((tool.name for tool in tools if tool.strict is not None), None)
    if strict is not None and "$strict" not in str(shape):
        raise NotOffered(f"{protocol.name} has no 'strict', which the tool {strict!r} has.", "Leave it out.")
    return [fill(shape, _placeholders(tool)) for tool in tools]


def tool_rules(params: JsonObject, tools: Sequence[Tool], protocol: Protocol) -> tuple[JsonObject, JsonObject]:
    """Return the fields on the choice of tools that every round of a tool loop sends, and those of the first alone.

    A call that is required, or of one named tool, is so in the first round only: the answer could
    never come otherwise.
    """
    rules, choice, parallel = protocol.tools, params.get("tool_choice"), params.get("parallel_tool_calls")
    if rules is None:
        return EMPTY, EMPTY
    _check_choice(choice, tools)
    always: dict[str, Any] = {}
    if parallel is not None:
        always = put(rules.parallel_path, (not parallel) if rules.parallel_inverse else parallel)
    together = rules.parallel_path[:1] == rules.choice_path[:1]  # one object holds both
    if together and always and choice is None:
        choice = "auto"
    if choice in (None, "auto", "none"):
        return merge(_choice(choice, rules), always), EMPTY
    if together and always:  # the rounds after the first need the whole object as well
        return merge(_choice("auto", rules), always), merge(_choice(choice, rules), always)
    return always, _choice(choice, rules)


def _check_choice(choice: Any, tools: Sequence[Tool]) -> None:
    known = [*CHOICES, *(tool.name for tool in tools)]
    if choice is not None and choice not in known:
        raise BadInput(f"tool_choice names no tool of this program: {choice!r}.", f"Known: {', '.join(known)}.")


def _choice(choice: Any, rules: ToolFormat) -> dict[str, Any]:
    if choice is None:
        return {}
    form = rules.choice[choice if choice in CHOICES else "named"]
    return put(rules.choice_path, fill(form, {"$name": choice}))


def _placeholders(tool: Tool) -> dict[str, Any]:
    """Return the values of the placeholders in a tool's shape."""
    return {
        "$name": tool.name,
        "$description": tool.description or ABSENT,
        "$parameters": tool.parameters,
        "$strict": ABSENT if tool.strict is None else tool.strict,
    }
