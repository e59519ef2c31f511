"""Looks for a known key in text, in every form that would give it away."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

PIECE = 8


def traces(key: str, text: str) -> list[str]:
    """The forms and pieces of `key` that stand in `text`."""
    return [piece for piece in dict.fromkeys(_pieces(key)) if piece in text]


def _pieces(key: str) -> Iterator[str]:
    for form in _forms(key):
        for start in range(max(1, len(form) - PIECE + 1)):
            yield form[start : start + PIECE]


def _forms(key: str) -> Iterator[str]:
    yield key
    yield quote(key, safe="")
    for before in ("", "a", "ab", "user:"):
        whole = base64.b64encode(f"{before}{key}".encode()).decode()
        # Of the first and last characters some bits belong to the neighbours.
        yield whole[-(-len(before) * 8 // 6) + 1 : -4]
        yield base64.urlsafe_b64encode(f"{before}{key}".encode()).decode()[-(-len(before) * 8 // 6) + 1 : -4]
