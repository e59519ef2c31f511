"""Fills the shapes of requests: parameters to their places, tools, formats. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from chat_completions.errors import BadInput, NotOffered
from chat_completions.shapes import NOTHING, Facts, Protocol, Tool, Variable

WITHOUT = object()  # what a shape's word stands for where there is nothing to say


def fill(value: Any, words: Mapping[str, Any]) -> Any:
    """Replaces whole values such as `$prompt`, never a part of a string, and never twice.

    What stands for WITHOUT is left out, with the key it belongs to.
    """
    if isinstance(value, Mapping):
        filled = {key: fill(item, words) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not WITHOUT}
    if isinstance(value, list):
        return [fill(item, words) for item in value]
    return words.get(value, value) if isinstance(value, str) else value


def merged(*layers: Facts) -> dict[str, Any]:
    """The layers on top of each other, objects within objects too; the later ones win."""
    found: dict[str, Any] = {}
    for layer in layers:
        for key, item in layer.items():
            both = isinstance(item, Mapping) and isinstance(found.get(key), Mapping)
            found[key] = merged(found[key], item) if both else item
    return found


def put(path: Sequence[str], value: Any) -> dict[str, Any]:
    """`value` at the end of a path of keys."""
    for key in reversed(path):
        value = {key: value}
    found: dict[str, Any] = value
    return found


def placed(params: Facts, protocol: Protocol) -> dict[str, Any]:
    """The parameters under the names, and at the places, that the protocol has for them."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        facts = protocol.parameters.get(name, {})
        if "kinds" in facts:
            continue  # how the tools or the format of a task are asked for: written by them
        sent = [value] if facts.get("list") and not isinstance(value, list) else value
        found = merged(found, facts.get("with", {}), put(facts.get("at", [name]), sent))
    return found


def check_against(params: Facts, protocol: Protocol) -> None:
    """BadInput where a parameter must stay below another and does not."""
    values = {**protocol.required, **params}
    for low, high in protocol.below:
        if low in params and not params[low] < values[high]:
            raise BadInput(
                f"{low} must be less than {high}, which is {values[high]}.", f"Give more: --param {high}=NUMBER."
            )


def wire_tools(tools: Sequence[Tool], protocol: Protocol) -> list[Facts]:
    """The tools as the protocol declares them; NotOffered where it has no word for a strict one."""
    shape = protocol.tools.get("shape", {})
    strict = next((one.name for one in tools if one.strict is not None), None)
    if strict is not None and "$strict" not in str(shape):
        raise NotOffered(f"{protocol.name} has no 'strict', which the tool {strict!r} has.", "Leave it out.")
    return [fill(shape, _of_tool(one)) for one in tools]


def _of_tool(tool: Tool) -> dict[str, Any]:
    """What the words of a tool's shape stand for."""
    strict = WITHOUT if tool.strict is None else tool.strict
    words = {"$name": tool.name, "$description": tool.description or WITHOUT, "$parameters": tool.parameters}
    return {**words, "$strict": strict}


def tool_rules(params: Facts, tools: Sequence[Tool], protocol: Protocol) -> tuple[Facts, Facts]:
    """What every round of a tool loop sends about its choice of tools, and the first one on top.

    A call that is required, or of one named tool, is so in the first round only: the answer could
    never come otherwise.
    """
    rules = protocol.tools
    choice, parallel = params.get("tool_choice"), params.get("parallel_tool_calls")
    always: dict[str, Any] = {}
    first: dict[str, Any] = {}
    if parallel is not None:
        where, inverse = rules["parallel"]["at"], rules["parallel"].get("inverse", False)
        always = put(where, (not parallel) if inverse else parallel)
        if where[:1] == rules["choice"]["at"][:1] and choice is None:
            choice = "auto"
    if choice is None:
        return always, first
    known = {"auto", "required", "none"}
    if choice not in known and choice not in [one.name for one in tools]:
        names = ", ".join([*sorted(known), *(one.name for one in tools)])
        raise BadInput(f"tool_choice names no tool of this program: {choice!r}.", f"Known: {names}.")

    def written(word: str) -> dict[str, Any]:
        return put(rules["choice"]["at"], fill(rules["choice"][word], {"$name": choice}))

    if choice in ("auto", "none"):
        return merged(written(choice), always), first
    forced = written("required" if choice in known else "named")
    if set(forced) & set(always):  # one object tells both: the rounds after the first need it whole as well
        return merged(written("auto"), always), merged(forced, always)
    return always, forced


def format_words(params: Facts, schema: Facts, protocol: Protocol) -> Facts:
    """What a request says about the JSON it wants, in the protocol's own parameter."""
    mode = params.get("response_format", "json_schema")
    if mode not in protocol.formats:
        raise NotOffered(f"{protocol.name} has no {mode}.", f"It has: {', '.join(protocol.formats)}.")
    title = "".join(one for one in str(schema.get("title", "")) if (one.isascii() and one.isalnum()) or one in "_-")
    found: Facts = fill(protocol.formats[mode], {"$name": title[:64] or "answer", "$schema": Variable("SCHEMA")})
    return found or NOTHING
