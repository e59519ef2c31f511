"""Compares a request with those on cassettes: strictly, and by likeness.

Method, path, body and the headers that mean something must agree. Of a key only its place and
its kind count: which placeholder it stands for, never its value. A recorded `<any>` stands for any
text but an empty one, such as an id that a program draws for each run.
"""

import json
from collections.abc import Sequence
from difflib import SequenceMatcher
from http import HTTPStatus
from typing import Any, NamedTuple

from chat_completions.replay.cassette import PLACEHOLDERS, Exchange, meaningful

ANY = "<any>"
MUCH = 2000  # characters of a body that likeness is judged by


class Asked(NamedTuple):
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


def differences(asked: Asked, exchange: Exchange) -> list[str]:
    """What keeps a request from being that of an exchange, in words; empty when nothing does."""
    found = []
    if (asked.method, asked.path) != (exchange.method, exchange.path):
        found.append(f"recorded is {exchange.method} {exchange.path}")
    found += _header_differences(meaningful(asked.headers), meaningful(exchange.headers))
    if not alike(asked.body, exchange.body):
        found.append(_body_difference(asked.body, exchange.body))
    return found


def alike(asked: Any, recorded: Any) -> bool:
    """Whether a body, or a part of one, is the recorded one; `<any>` is any text."""
    if recorded == ANY:
        return isinstance(asked, str) and bool(asked)
    if isinstance(asked, dict) and isinstance(recorded, dict):
        return asked.keys() == recorded.keys() and all(alike(asked[name], recorded[name]) for name in asked)
    if isinstance(asked, list) and isinstance(recorded, list):
        return len(asked) == len(recorded) and all(map(alike, asked, recorded))
    return bool(asked == recorded) and isinstance(asked, bool) == isinstance(recorded, bool)


def nearest(asked: Asked, exchanges: Sequence[Exchange]) -> Exchange | None:
    """The exchange that differs least: same path first, then the key, stream or whole, the body."""

    def closeness(exchange: Exchange) -> tuple[bool, bool, bool, bool, float]:
        streams = [isinstance(body, dict) and body.get("stream") is True for body in (asked.body, exchange.body)]
        ours, theirs = (json.dumps(body, sort_keys=True, default=str)[:MUCH] for body in (asked.body, exchange.body))
        return (
            (exchange.method, exchange.path) == (asked.method, asked.path),
            not _header_differences(meaningful(asked.headers), meaningful(exchange.headers)),
            streams[0] == streams[1],
            exchange.status == HTTPStatus.OK,
            SequenceMatcher(None, ours, theirs).quick_ratio(),
        )

    return max(exchanges, key=closeness, default=None)


def _header_differences(asked: dict[str, str], recorded: dict[str, str]) -> list[str]:
    found = []
    for name in sorted({*asked, *recorded}):
        ours, theirs = asked.get(name), recorded.get(name)
        if theirs is not None and _word(theirs) in PLACEHOLDERS:
            ours = None if ours is None else _with_placeholder(ours)
        if ours != theirs:
            found.append(f"header {name}: {_told(ours)}, recorded {theirs!r}")
    return found


def _with_placeholder(value: str) -> str:
    """A header's value with the placeholder that its key stands for: any key is right but the named ones."""
    before, blank, key = value.rpartition(" ")
    word = f"<{key.strip('<>')}>"
    return f"{before}{blank}{word if word in PLACEHOLDERS else PLACEHOLDERS[0]}"


def _told(value: str | None) -> str:
    if value is None:
        return "absent"
    return repr(value) if _word(value) in PLACEHOLDERS else "another value"


def _word(value: str) -> str:
    return value.rpartition(" ")[2]


def _body_difference(asked: Any, recorded: Any) -> str:
    if not (isinstance(asked, dict) and isinstance(recorded, dict)):
        return "the body differs"
    names = [name for name in {**asked, **recorded} if not alike(asked.get(name), recorded.get(name))]
    return f"the body differs in {', '.join(names)}"
