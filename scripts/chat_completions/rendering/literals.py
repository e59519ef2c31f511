"""Write values and names as source text. All escaping is here; language.yaml says how under `literals:`."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from chat_completions.catalog.types import LiteralStyle
from chat_completions.errors import BadInput
from chat_completions.planning.types import Variable

LONGEST_LINE = 120
BASIC_PLANE = 0x10000  # characters from here on take two surrogates
BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
UNUSUAL = re.compile(r'["\\]|[^ -~]')
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write_literal(style: LiteralStyle, value: Any, margin: int = 0, lead: int = 0) -> str:
    """Return `value` as source text: on one line where that fits, `lead` columns being taken already.

    Lines after the first are pushed right by `margin`.
    """
    short = _flat(style, value)
    is_collection = isinstance(value, (Mapping, list, tuple)) and not isinstance(value, Variable)
    if len(short) + margin + lead <= style.width or not is_collection or not value:
        return short
    inner = margin + style.indent
    if isinstance(value, Mapping):
        return _block(style, "{}", [_item(style, key, item, inner) for key, item in value.items()], margin)
    return _block(style, "[]", [write_literal(style, item, inner, 1) for item in value], margin)


def write_keywords(
    style: LiteralStyle, value: Mapping[str, Any], margin: int = 0, lead: int = 0, *, packed: bool = False
) -> str:
    """Return a mapping as Python's keyword arguments: on one line where they fit, else each on its own.

    With `packed` they may share a line of their own, as ruff formats a call without a last comma.
    """
    short = ", ".join(f"{name}={_flat(style, item)}" for name, item in value.items())
    if len(short) + margin + lead <= style.width:
        return short
    pad = " " * (margin + style.indent)
    if packed and len(pad + short) <= LONGEST_LINE:
        return f"\n{pad}{short}\n" + " " * margin
    lines = [f"{pad}{name}={write_literal(style, item, len(pad), len(name) + 2)},\n" for name, item in value.items()]
    return "\n" + "".join(lines) + " " * margin


def text(value: str, non_bmp_escape: str = "surrogates") -> str:
    """Return a string in double quotes that Python, JavaScript and JSON read alike; what is invisible is escaped."""
    return '"' + UNUSUAL.sub(lambda match: SHORT.get(match[0]) or _visible(match[0], non_bmp_escape), value) + '"'


def _visible(character: str, non_bmp_escape: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if code < BASIC_PLANE:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}" if non_bmp_escape == "code_point" else str(json.dumps(character))[1:-1]


def _flat(style: LiteralStyle, value: Any) -> str:
    if isinstance(value, Variable):
        return style.sigil + value.name
    if value is None or isinstance(value, bool):
        return style.null_literal if value is None else style.booleans[value]
    if isinstance(value, str):
        return text(value, style.non_bmp_escape)
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise BadInput(f"JSON has no number {value}.", "Write a finite one.")
        if style.largest_integer and isinstance(value, int) and abs(value) > style.largest_integer:
            raise BadInput(f"{value} is too large for JavaScript: another number would be sent.", "Use Python or curl.")
        return json.dumps(value)
    if isinstance(value, Mapping):
        inside = ", ".join(
            key if _is_shorthand(style, key, item) else f"{field_name(style, key)}: {_flat(style, item)}"
            for key, item in value.items()
        )
        return f"{{ {inside} }}" if style.unquoted_keys and value else f"{{{inside}}}"
    return "[" + ", ".join(_flat(style, item) for item in value) + "]"


def _item(style: LiteralStyle, key: str, value: Any, margin: int) -> str:
    """Return a key and its value, which may take several lines."""
    if _is_shorthand(style, key, value):
        return key
    name = f"{field_name(style, key)}: "
    return name + write_literal(style, value, margin, len(name) + 1)


def _is_shorthand(style: LiteralStyle, key: str, value: Any) -> bool:
    """Return whether `{ key }` is enough: JavaScript, and a variable of the key's own name."""
    return style.unquoted_keys and isinstance(value, Variable) and value.name == key


def field_name(style: LiteralStyle, name: str) -> str:
    """Return the name of a field as source text, quoted where it has to be."""
    if not style.unquoted_keys:
        return text(name, style.non_bmp_escape)
    if name == "__proto__":  # written as any other key it would set the object's prototype
        return '["__proto__"]'
    return name if BARE_KEY.fullmatch(name) else text(name, style.non_bmp_escape)


def _block(style: LiteralStyle, brackets: str, items: list[str], margin: int) -> str:
    pad = " " * (margin + style.indent)
    last = "," if style.trailing_comma else ""
    return brackets[0] + "\n" + pad + f",\n{pad}".join(items) + last + "\n" + " " * margin + brackets[1]


def snake_case(value: Any) -> Any:
    """Return `value` with the keys of its mappings in snake_case, as Python's client libraries name fields."""
    if isinstance(value, Mapping):
        return {
            re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", key): snake_case(item) for key, item in value.items()
        }
    return [snake_case(item) for item in value] if isinstance(value, list) else value
