"""Builds the typed objects of the catalog from the data of YAML files; what does not fit has its place."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from chat_completions.errors import did_you_mean

PLACEHOLDER = re.compile(r"\$[a-z_]+")
Place = tuple[str | int, ...]  # the keys and indexes that lead to a value in a file
T = TypeVar("T")


class ValidationError(Exception):
    """What is wrong in a file: its place, a message that begins with the place, and a hint."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        super().__init__(f"{'.'.join(map(str, place)) or 'the file'} {message}")
        self.place = place
        self.hint = hint


def build(kind: type[T], data: Any, place: Place = (), **given: Any) -> T:
    """Return a named tuple with the fields of `data` and those `given`.

    Raises ValidationError where a key is unknown or missing, or a list or a mapping is none.
    """
    fields: Any = kind
    if not isinstance(data, Mapping):
        raise ValidationError(place, f"must be a mapping, not {data!r}")
    known = [name for name in fields._fields if name not in given]
    for name in data:
        if name not in known:
            raise ValidationError((*place, name), "is not known here", did_you_mean(str(name), known))
    for name in known:
        if name not in data and name not in fields._field_defaults:
            raise ValidationError(place, f"lacks {name!r}")
    values = {name: _convert(kind.__annotations__[name], value, (*place, name)) for name, value in data.items()}
    return kind(**values, **given)


def _convert(annotation: Any, value: Any, place: Place) -> Any:
    """Return a value with the named tuples that its field's annotation wants; a mapping's keys are their ids."""
    if hasattr(annotation, "_fields"):
        return build(annotation, value, place)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is UnionType:
        return _convert(arguments[0], value, place)
    if origin in (Sequence, list):
        if not isinstance(value, list):
            raise ValidationError(place, f"must be a list, not {value!r}")
        return [_convert(arguments[0], item, (*place, number)) for number, item in enumerate(value)]
    if origin is not Mapping:
        return value
    if not isinstance(value, Mapping):
        raise ValidationError(place, f"must be a mapping, not {value!r}")
    if "id" in getattr(arguments[1], "_fields", ()):
        return {name: build(arguments[1], item, (*place, name), id=name) for name, item in value.items()}
    return {name: _convert(arguments[1], item, (*place, name)) for name, item in value.items()}


def check_names(names: Any, known: Sequence[str], place: Place) -> None:
    """Raise ValidationError where one of the names, the keys of a mapping or the items of a list, is not known."""
    for number, name in enumerate(names):
        if name not in known:
            last = name if isinstance(names, Mapping) else number
            raise ValidationError(
                (*place, last), f"names {name!r}, which does not exist", did_you_mean(str(name), known)
            )


def check_placeholders(data: Any, known: Container[str]) -> None:
    """Raise ValidationError where a text such as `$prompt` stands for nothing."""
    for place, text in texts(data):
        if PLACEHOLDER.fullmatch(text) and text not in known:
            raise ValidationError(place, f"holds {text!r}, which stands for nothing")


def texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield the texts within a value, each with its place."""
    if isinstance(value, str):
        yield place, value
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from texts(item, (*place, step))
