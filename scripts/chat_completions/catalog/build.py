"""Build typed objects from the data of YAML files; an error names its place in the file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from chat_completions.errors import did_you_mean

Place = tuple[str | int, ...]  # the keys and indexes that lead to a value in a file
Converter = Callable[[Any, Place], Any]
T = TypeVar("T")
JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (Mapping,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,),
    "number": (int, float), "null": (type(None),),
}  # fmt: skip


class ValidationError(Exception):
    """A mistake in a file: its place, a message that begins with the place, and a hint."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        super().__init__(f"{'.'.join(map(str, place)) or 'the file'} {message}")
        self.place = place
        self.hint = hint


def build(kind: type[T], data: Any, place: Place = (), **extra: Any) -> T:
    """Return a named tuple with the fields of `data` and the `extra` ones.

    Raises ValidationError where a key is unknown or missing, or a list or a mapping is none.
    """
    if not isinstance(data, Mapping):
        raise ValidationError(place, f"must be a mapping, not {data!r}")
    named_tuple: Any = kind
    fields, required, converters = _fields(named_tuple)
    for name in data:
        if name not in fields or name in extra:
            known = [field for field in fields if field not in extra]
            raise ValidationError((*place, name), "is not known here", did_you_mean(str(name), known))
    for name in required:
        if name not in data and name not in extra:
            raise ValidationError(place, f"lacks {name!r}")
    converted = {name: convert(data[name], (*place, name)) for name, convert in converters.items() if name in data}
    return kind(**{**data, **converted}, **extra)


@cache
def _fields(kind: Any) -> tuple[Sequence[str], Sequence[str], Mapping[str, Converter]]:
    """Return the fields of a named tuple, those that it must have, and what converts the values of some."""
    required = [name for name in kind._fields if name not in kind._field_defaults]
    converters = {name: _converter(annotation) for name, annotation in kind.__annotations__.items()}
    return kind._fields, required, {name: convert for name, convert in converters.items() if convert}


def _converter(annotation: Any) -> Converter | None:
    """Return what builds the named tuples within a field's value; None where the value is taken as it is."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is UnionType:
        return _converter(arguments[0])
    if hasattr(annotation, "_fields"):
        return partial(build, annotation)
    if origin not in (Sequence, list, Mapping):
        return None
    convert = _converter(arguments[-1])
    return partial(_convert_mapping if origin is Mapping else _convert_list, convert, arguments[-1])


def _convert_list(convert: Converter | None, _: Any, value: Any, place: Place) -> Any:
    if not isinstance(value, list):
        raise ValidationError(place, f"must be a list, not {value!r}")
    return [convert(item, (*place, number)) for number, item in enumerate(value)] if convert else value


def _convert_mapping(convert: Converter | None, item_type: Any, value: Any, place: Place) -> Any:
    """Return a mapping with its values converted; its keys are the ids of values that have one."""
    if not isinstance(value, Mapping):
        raise ValidationError(place, f"must be a mapping, not {value!r}")
    if "id" in getattr(item_type, "_fields", ()):
        return {name: build(item_type, item, (*place, name), id=name) for name, item in value.items()}
    return {name: convert(item, (*place, name)) for name, item in value.items()} if convert else value


def check_names(names: Any, known: Sequence[str], place: Place) -> None:
    """Raise ValidationError where one of the names, the keys of a mapping or the items of a list, is not known."""
    for number, name in enumerate(names):
        if name not in known:
            last = name if isinstance(names, Mapping) else number
            raise ValidationError(
                (*place, last), f"names {name!r}, which does not exist", did_you_mean(str(name), known)
            )


def has_type(value: Any, name: str) -> bool:
    """Return whether a value has this type of JSON; in Python True is also an int, but here it is no number."""
    return isinstance(value, JSON_TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def find_texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield the texts within a value, each with its place."""
    if isinstance(value, str):
        yield place, value
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from find_texts(item, (*place, step))
