"""Tells a key from an ordinary value, so that none gets into a file."""

import re

KNOWN = re.compile(r"(?:sk|pk|rk|gsk|xai|ghp|nvapi|hf)[-_][A-Za-z0-9_-]{6,}|(?:AIza|eyJ)[A-Za-z0-9_-]{10,}")
LONG_PIECE = 16  # characters
LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")


def looks_like_key(value: str) -> bool:
    """Return whether a value is likely to be a key: a known beginning, or a long run of letters and digits."""
    scheme, _, words = value.strip().rpartition(" ")
    if scheme in ("Bearer", "Basic") or KNOWN.match(words):
        return True
    runs = [] if "://" in value else LONG_RUN.findall(value)
    # Beta switches and UUIDs are long too, but made of short pieces.
    pieces = [piece for run in runs for piece in re.split("[-_]", run) if len(piece) >= LONG_PIECE]
    return any(re.search(r"\d", piece) and re.search("[A-Za-z]", piece) for piece in pieces)
