r"""Spells plain values in a target language's own words. All escaping lives here.

A language says how in `literals:` of its language.yaml: `nothing`, `booleans`, `keys` (`bare`
where an identifier may stand without quotes), `indent`, `astral` (`wide` for \\U0001f600, `pair`
for two surrogates) and `trailing` (whether a comma may follow the last item).
"""

import json
import math
import re
import shlex
from collections.abc import Mapping
from typing import Any

from chat_completions.errors import BadInput
from chat_completions.shapes import Facts, Variable

WIDTH = 100  # columns
BASIC_PLANE = 0x10000  # characters from here on take two surrogates
BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
UNUSUAL = re.compile(r'["\\]|[^ -~]')
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

quoted = shlex.quote


def spell(value: Any, words: Facts, margin: int = 0, lead: int = 0) -> str:
    """`value` as source text: on one line where that fits, `lead` columns being taken already.

    Lines after the first are pushed right by `margin`.
    """
    short = _flat(value, words)
    if len(short) + margin + lead <= WIDTH or not isinstance(value, (Mapping, list, tuple)) or not value:
        return short
    inner = margin + words["indent"]
    if isinstance(value, Mapping):
        keys = {key: f"{_key(key, words)}: " for key in value}
        items = [keys[key] + spell(item, words, inner, len(keys[key]) + 1) for key, item in value.items()]
        return _block("{", items, "}", words, margin)
    return _block("[", [spell(item, words, inner, 1) for item in value], "]", words, margin)


def spell_filled(value: Mapping[str, Any], words: Facts, margin: int = 0, lead: int = 0) -> str:
    """A mapping as `spell` writes it, but with as many items on each line as fit."""
    short = _flat(value, words)
    if len(short) + margin + lead <= WIDTH:
        return short
    lines: list[str] = []
    for key, item in value.items():
        one = f"{_key(key, words)}: {_flat(item, words)}"
        if lines and len(lines[-1]) + len(one) + words["indent"] + margin + 3 <= WIDTH:
            lines[-1] += f", {one}"
        else:
            lines.append(one)
    return _block("{", lines, "}", words, margin)


def spell_spliced(value: Any, words: Facts, margin: int = 0, lead: int = 0) -> str:
    """JSON text in a shell's quotes, each slot being the variable that holds its JSON ("$messages")."""
    pieces = spell(_marked(value), words, margin, lead).split("\0")
    written = [f'"${one.lower()}"' if number % 2 else one and quoted(one) for number, one in enumerate(pieces)]
    return "".join(written)


def _marked(value: Any) -> Any:
    """The value with NUL around the name of each slot, which no spelled text contains."""
    if isinstance(value, Variable):
        return Variable(f"\0{value.name}\0")
    if isinstance(value, Mapping):
        return {key: _marked(item) for key, item in value.items()}
    return [_marked(item) for item in value] if isinstance(value, (list, tuple)) else value


def text(value: str, astral: str = "pair") -> str:
    """A string in double quotes that Python, JavaScript and JSON read alike.

    Whatever cannot be seen on a screen is escaped: control characters, line separators, marks
    that change the direction of writing.
    """
    return '"' + UNUSUAL.sub(lambda one: SHORT.get(one[0]) or _visible(one[0], astral), value) + '"'


def _visible(character: str, astral: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if code < BASIC_PLANE:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}" if astral == "wide" else str(json.dumps(character))[1:-1]


def _flat(value: Any, words: Facts) -> str:
    if isinstance(value, Variable):
        return str(value.name)
    if value is None or isinstance(value, bool):
        return str(words["nothing"] if value is None else words["booleans"][value])
    if isinstance(value, str):
        return text(value, words["astral"])
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, Mapping):
        items = [f"{_key(key, words)}: {_flat(item, words)}" for key, item in value.items()]
        inside = ", ".join(items)
        return f"{{ {inside} }}" if words["keys"] == "bare" and items else f"{{{inside}}}"
    return "[" + ", ".join(_flat(item, words) for item in value) + "]"


def _number(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"JSON has no number {value}.", "Write a finite one.")
    return json.dumps(value)


def _key(key: str, words: Facts) -> str:
    if words["keys"] != "bare":
        return text(key, words["astral"])
    if key == "__proto__":  # written as any other key it would set the object's prototype
        return '["__proto__"]'
    return key if BARE_KEY.fullmatch(key) else text(key, words["astral"])


def _block(left: str, items: list[str], right: str, words: Facts, margin: int) -> str:
    pad = " " * (margin + int(words["indent"]))
    last = "," if words["trailing"] else ""
    return left + "\n" + pad + f",\n{pad}".join(items) + last + "\n" + " " * margin + right
