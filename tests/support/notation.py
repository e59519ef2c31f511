"""The shorthand of the case files: events between « », and words in < >."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

EVENT = re.compile("«(.*?)»", re.DOTALL)
REPEATED = re.compile(r"(.)\*(\d+)", re.DOTALL)
WORD = re.compile(r"<(KEY|HERE|PORT|OTHER|CLOSED)(?::(\d+):(\d+))?>|<(.)\*(\d+)>", re.DOTALL)
USAGE = {"prompt_tokens": 12, "completion_tokens": 15, "total_tokens": 27}
USAGE_LINE = "prompt_tokens: 12, completion_tokens: 15, total_tokens: 27"
NAMED: Mapping[str, Any] = {
    "role": {"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]},
    "usage": {"choices": [], "usage": USAGE},
}


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


def chunk(notation: str | Mapping[str, str], newline: str = "\n") -> bytes:
    """One network chunk: text with events in it, or `{hex: …}`."""
    if isinstance(notation, Mapping):
        return bytes.fromhex(notation["hex"])
    return EVENT.sub(lambda found: _event(found[1], newline), notation).encode()


def text_event(text: str) -> str:
    """The event that carries a piece of the answer."""
    return _json({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})


def finish_event(reason: str) -> str:
    """The event that says why the answer ends."""
    return _json({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})


def whole_answer(text: str) -> bytes:
    """A complete reply with token counts."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return _json({"id": "c1", "object": "chat.completion", "choices": [choice], "usage": USAGE}).encode()


def streamed_answer(text: str) -> list[bytes]:
    """The same as events, the text in two pieces."""
    half = len(text) // 2
    events = [_json(NAMED["role"]), text_event(text[:half]), text_event(text[half:])]
    events += [finish_event("stop"), _json(NAMED["usage"]), "[DONE]"]
    return [f"data: {event}\n\n".encode() for event in events]


def pieces(chunks: Sequence[bytes], framing: str) -> list[bytes]:
    """The same bytes, cut otherwise: `given`, `whole`, `bytes` or `threes`."""
    if framing == "given":
        return list(chunks)
    every = b"".join(chunks)
    size = {"whole": len(every) or 1, "bytes": 1, "threes": 3}[framing]
    return [every[start : start + size] for start in range(0, len(every), size)]


def _event(inner: str, newline: str) -> str:
    if inner.startswith("#"):
        data = "[DONE]" if inner == "#done" else _json(NAMED[inner[1:]])
    elif inner.startswith("!"):
        data = finish_event(inner[1:])
    elif inner.startswith("{"):
        data = inner
    else:
        repeated = REPEATED.fullmatch(inner)
        data = text_event(repeated[1] * int(repeated[2]) if repeated else inner)
    return f"data: {data}{newline}{newline}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
