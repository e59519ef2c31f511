"""The parameters a request may carry: their ranges, who takes them, and what to warn of."""

from typing import Any

from chat_completions.errors import BadInput, NotOffered, UnknownName
from chat_completions.shapes import Facts, Gateway, Model, Protocol
from chat_completions.turns import problem_of_value

TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "object": (dict,),
}
MOST_STOPS = 4


def canonical(params: Facts, protocol: Protocol) -> dict[str, Any]:
    """The parameters under our names for them; BadInput where one is given under two."""
    found: dict[str, Any] = {}
    for given, value in params.items():
        name = protocol.aliases.get(given, given)
        if name in found:
            raise BadInput(f"{name!r} and its other name {given!r} are both given.", "Give one of them.")
        found[name] = value
    return found


def check(params: Facts, gateway: Gateway, protocol: Protocol, kind: str) -> list[str]:
    """What to warn of; raises where a parameter is unknown, out of range or refused.

    UnknownName and BadInput (exit 2) name the parameter, NotOffered (exit 3) says who refuses it,
    or which kind of task it belongs to.
    """
    documented = gateway.parameters.get(protocol.id, {})
    known = {**protocol.parameters, **{n: f for n, f in documented.items() if "type" in f}}
    found = []
    for name, value in params.items():
        if name in protocol.elsewhere:
            raise NotOffered(f"{name!r} is not set with --param.", f"Use {protocol.elsewhere[name]}.")
        if name not in known:
            unknown = UnknownName("parameter", name, known)
            unknown.hint += " A gateway file of your own can name more of them under `parameters`."
            raise unknown
        facts = {**known[name], **documented.get(name, {})}
        if "refused" in facts:
            raise NotOffered(f"{gateway.name}: {name!r} cannot be set: {facts['refused']}.", "Leave it out.")
        if kind not in facts.get("kinds", [kind]):
            raise NotOffered(f"{name!r} does not go with this task.", f"Use --task {facts['kinds'][0]}.")
        _check_value(name, value, facts)
        found += _warnings(name, value, facts, documented, gateway)
    return found + [one["caveat"] for one in protocol.together if set(one["names"]) <= set(params)]


def must_take(params: Facts, model: Model) -> None:
    """NotOffered where `model` would refuse one of the parameters."""
    for name, why in rejected(params, model):
        raise NotOffered(f"{why}.", f"Leave out {name}, or name another --model.")


def rejected(params: Facts, model: Model) -> list[tuple[str, str]]:
    """The parameters that `model` does not take, each with the reason."""
    found = [(name, f"{model.id} takes no {name}") for name in model.upstream.get("rejects", ()) if name in params]
    for pair in model.upstream.get("not_both", ()):
        if set(pair) <= set(params):
            found.append((pair[-1], f"{model.id} takes {' or '.join(pair)}, not both"))
    return found


def _check_value(name: str, value: Any, facts: Facts) -> None:
    if not _fits(value, facts["type"]):
        raise BadInput(f"{name} must be {_described(facts)}, not {value!r}.", facts.get("says", ""))
    if "enum" in facts and value not in facts["enum"]:
        raise BadInput(f"{name} must be one of {', '.join(facts['enum'])}, not {value!r}.", facts.get("says", ""))
    problem = problem_of_value(value) if isinstance(value, dict) else ""
    if problem:
        raise BadInput(f"{name} {problem}.", facts.get("says", ""))
    low, high = (facts.get(name) if isinstance(value, (int, float)) else None for name in ("minimum", "maximum"))
    # Written so that a NaN, for which every comparison is false, is out of range too.
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise BadInput(f"{name} must be {_described(facts)}, not {value!r}.", facts.get("says", ""))


def _fits(value: Any, kind: str) -> bool:
    if kind == "stop":
        several = isinstance(value, list) and 0 < len(value) <= MOST_STOPS
        return isinstance(value, str) or (several and all(isinstance(one, str) for one in value))
    # In Python True is also an int, but no parameter takes it for one.
    return isinstance(value, TYPES[kind]) and (kind == "boolean") == isinstance(value, bool)


def _described(facts: Facts) -> str:
    if facts["type"] == "stop":
        return f"a string or a list of 1 to {MOST_STOPS} strings"
    article = "an" if facts["type"] in ("integer", "object") else "a"
    low, high = facts.get("minimum"), facts.get("maximum")
    bounds = f" from {low} to {high}" if high is not None else f" of at least {low}" if low is not None else ""
    return f"{article} {facts['type']}{bounds}"


def _warnings(name: str, value: Any, facts: Facts, documented: Facts, gateway: Gateway) -> list[str]:
    found = [facts["caveat"]] if "caveat" in facts else []
    if "above" in facts and value > facts["above"]["bound"]:
        found.append(facts["above"]["caveat"])
    if documented and name not in documented:
        found.append(f"{name} is not documented by {gateway.name}: it is sent as the protocol has it")
    return found
