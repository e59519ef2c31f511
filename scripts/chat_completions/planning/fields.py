"""Builds JSON objects: placeholders filled in, layers merged, values put at a path."""

from collections.abc import Mapping, Sequence
from typing import Any

from chat_completions.catalog.types import JsonObject

ABSENT = object()  # what a placeholder stands for where there is nothing to say


def fill(value: Any, values: Mapping[str, Any]) -> Any:
    """Replace whole values such as `$prompt`, never a part of a string, and never twice.

    What stands for ABSENT is left out, with the key it belongs to.
    """
    if isinstance(value, Mapping):
        filled = {key: fill(item, values) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not ABSENT}
    if isinstance(value, list):
        return [fill(item, values) for item in value]
    return values.get(value, value) if isinstance(value, str) else value


def merge(*layers: JsonObject) -> dict[str, Any]:
    """Lay the objects on top of each other, objects within objects too; the later ones win."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, item in layer.items():
            both = isinstance(item, Mapping) and isinstance(merged.get(key), Mapping)
            merged[key] = merge(merged[key], item) if both else item
    return merged


def put(path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return an object that holds `value` at the end of a path of keys."""
    for key in reversed(path):
        value = {key: value}
    found: dict[str, Any] = value
    return found
