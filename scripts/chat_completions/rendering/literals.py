"""Writes plain values as literals of a language. All escaping is here; language.yaml says how under `literals:`."""

import json
import math
import re
import shlex
from collections.abc import Mapping
from typing import Any

from chat_completions.catalog.types import LiteralStyle
from chat_completions.errors import BadInput
from chat_completions.planning.types import Variable

WIDTH = 100  # columns
BASIC_PLANE = 0x10000  # characters from here on take two surrogates
BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
UNUSUAL = re.compile(r'["\\]|[^ -~]')
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

quoted = shlex.quote


def spell(value: Any, style: LiteralStyle, margin: int = 0, lead: int = 0) -> str:
    """Return `value` as source text: on one line where that fits, `lead` columns being taken already.

    Lines after the first are pushed right by `margin`.
    """
    short = _flat(value, style)
    if len(short) + margin + lead <= WIDTH or not isinstance(value, (Mapping, list, tuple)) or not value:
        return short
    inner = margin + style.indent
    if isinstance(value, Mapping):
        keys = {key: f"{_key(key, style)}: " for key in value}
        items = [keys[key] + spell(item, style, inner, len(keys[key]) + 1) for key, item in value.items()]
        return _block("{", items, "}", style, margin)
    return _block("[", [spell(item, style, inner, 1) for item in value], "]", style, margin)


def spell_spliced(value: Any, style: LiteralStyle, margin: int = 0, lead: int = 0) -> str:
    """Return JSON text in a shell's quotes; a variable becomes the shell variable that holds its JSON ("$messages")."""
    pieces = spell(_marked(value), style, margin, lead).split("\0")
    return "".join(f'"${text.lower()}"' if number % 2 else text and quoted(text) for number, text in enumerate(pieces))


def _marked(value: Any) -> Any:
    """Return the value with NUL around the name of each variable, which no literal contains."""
    if isinstance(value, Variable):
        return Variable(f"\0{value.name}\0")
    if isinstance(value, Mapping):
        return {key: _marked(item) for key, item in value.items()}
    return [_marked(item) for item in value] if isinstance(value, (list, tuple)) else value


def text(value: str, non_bmp_escape: str = "surrogates") -> str:
    """Return a string in double quotes that Python, JavaScript and JSON read alike.

    Whatever cannot be seen on a screen is escaped: control characters, line separators, marks
    that change the direction of writing.
    """
    return '"' + UNUSUAL.sub(lambda one: SHORT.get(one[0]) or _visible(one[0], non_bmp_escape), value) + '"'


def _visible(character: str, non_bmp_escape: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if code < BASIC_PLANE:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}" if non_bmp_escape == "code_point" else str(json.dumps(character))[1:-1]


def _flat(value: Any, style: LiteralStyle) -> str:
    if isinstance(value, Variable):
        return str(value.name)
    if value is None or isinstance(value, bool):
        return style.null if value is None else style.booleans[value]
    if isinstance(value, str):
        return text(value, style.non_bmp_escape)
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, Mapping):
        items = [f"{_key(key, style)}: {_flat(item, style)}" for key, item in value.items()]
        inside = ", ".join(items)
        return f"{{ {inside} }}" if style.unquoted_keys and items else f"{{{inside}}}"
    return "[" + ", ".join(_flat(item, style) for item in value) + "]"


def _number(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"JSON has no number {value}.", "Write a finite one.")
    return json.dumps(value)


def _key(key: str, style: LiteralStyle) -> str:
    if not style.unquoted_keys:
        return text(key, style.non_bmp_escape)
    if key == "__proto__":  # written as any other key it would set the object's prototype
        return '["__proto__"]'
    return key if BARE_KEY.fullmatch(key) else text(key, style.non_bmp_escape)


def _block(left: str, items: list[str], right: str, style: LiteralStyle, margin: int) -> str:
    pad = " " * (margin + style.indent)
    last = "," if style.trailing_comma else ""
    return left + "\n" + pad + f",\n{pad}".join(items) + last + "\n" + " " * margin + right
