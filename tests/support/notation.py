"""The shorthand of the case files: events between « », and words in < >."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from support.wires import WIRES, Event, Wire

EVENT = re.compile("«(.*?)»", re.DOTALL)
REPEATED = re.compile(r"(.)\*(\d+)", re.DOTALL)
WORD = re.compile(r"<(KEY|HERE|PORT|OTHER|CLOSED)(?::(\d+):(\d+))?>|<(.)\*(\d+)>", re.DOTALL)
REASON = re.compile(r"finish_reason is (\w+)")
CHAT = WIRES["openai-chat"]


def expand(value: Any, words: Mapping[str, str]) -> Any:
    """Replaces `<KEY>`, `<KEY:2:9>`, `<HERE>` and the like, and `<x*9>`, in every string."""

    def one(found: re.Match[str]) -> str:
        name, start, end, character, times = found.groups()
        if character:
            return str(character) * int(times)
        return words[name][int(start or 0) : int(end) if end else None]

    if isinstance(value, str):
        return WORD.sub(one, value)
    if isinstance(value, Mapping):
        return {expand(key, words): expand(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, words) for item in value]
    return value


def chunk(notation: str | Mapping[str, str], newline: str = "\n", wire: Wire = CHAT) -> bytes:
    """One network chunk: text with events in it, or `{hex: …}`."""
    if isinstance(notation, Mapping):
        return bytes.fromhex(notation["hex"])
    return EVENT.sub(lambda found: _events(found[1], newline, wire), notation).encode()


def translated(pattern: str, wire: Wire) -> str:
    """A pattern for stderr, the reason of an ending in the words of this protocol."""
    return REASON.sub(lambda found: f"{wire.ending} is {wire.reason(found[1])}", pattern)


def whole_answer(said: str | Mapping[str, Any], wire: Wire = CHAT) -> bytes:
    """A complete reply with token counts."""
    return _json(wire.whole({"say": said} if isinstance(said, str) else said)).encode()


def streamed_answer(said: str | Mapping[str, Any], wire: Wire = CHAT) -> list[bytes]:
    """The same as events, the text in two pieces."""
    return [lines(one).encode() for one in wire.streamed({"say": said} if isinstance(said, str) else said)]


def lines(event: Event, newline: str = "\n") -> str:
    """One event as it stands in a stream."""
    name, data = event
    head = f"event: {name}{newline}" if name else ""
    return f"{head}data: {data if isinstance(data, str) else _json(data)}{newline}{newline}"


def pieces(chunks: Sequence[bytes], framing: str) -> list[bytes]:
    """The same bytes, cut otherwise: `given`, `whole`, `bytes` or `threes`."""
    if framing == "given":
        return list(chunks)
    every = b"".join(chunks)
    size = {"whole": len(every) or 1, "bytes": 1, "threes": 3}[framing]
    return [every[start : start + size] for start in range(0, len(every), size)]


def _events(inner: str, newline: str, wire: Wire) -> str:
    return "".join(lines(one, newline) for one in _meant(inner, wire))


def _meant(inner: str, wire: Wire) -> list[Event]:
    if inner.startswith("#"):
        return {"#done": [("", "[DONE]")], "#usage": wire.told(), "#role": wire.opening()}[inner]
    if inner.startswith("!"):
        return wire.finish(inner[1:])
    if inner.startswith("{"):
        return [("", inner)]
    repeated = REPEATED.fullmatch(inner)
    return wire.text(repeated[1] * int(repeated[2]) if repeated else inner)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
