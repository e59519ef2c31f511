"""Plain JSON values: placeholders filled in, objects merged, values put at a path, and what JSON cannot hold."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

JsonObject = Mapping[str, Any]
EMPTY: JsonObject = MappingProxyType({})
NO_NAMES: Mapping[str, str] = MappingProxyType({})
ABSENT = object()  # the value of a placeholder whose key is to be left out


def fill(value: Any, values: Mapping[str, Any]) -> Any:
    """Replace whole values such as `$prompt`, never a part of a string, and never twice.

    A key whose value becomes ABSENT is left out.
    """
    if isinstance(value, Mapping):
        filled = {key: fill(item, values) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not ABSENT}
    if isinstance(value, list):
        return [fill(item, values) for item in value]
    return values.get(value, value) if isinstance(value, str) else value


def merge(*layers: JsonObject) -> dict[str, Any]:
    """Merge objects, and the objects within them; the later ones win."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, item in layer.items():
            both = isinstance(item, Mapping) and isinstance(merged.get(key), Mapping)
            merged[key] = merge(merged[key], item) if both else item
    return merged


def put(path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return an object that holds `value` at the end of a path of keys, which has at least one."""
    for key in reversed(path[1:]):
        value = {key: value}
    return {path[0]: value}


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
