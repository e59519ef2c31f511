"""Remove keys from traffic before it is stored, and find what may be personal.

A key is searched as it is, URL-encoded, in hex, hashed and in base64, and in pieces of eight
characters of each, so that no part remains from which the rest could be guessed.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

PIECE = 8
REQUEST_HEADERS = frozenset(
    ["content-type", "anthropic-version", "anthropic-beta", "authorization", "x-api-key", "x-goog-api-key", "api-key"]
)
RESPONSE_HEADERS = frozenset(["content-type", "retry-after", "retry-after-ms", "x-should-retry"])
KEY_PARAMETERS = frozenset(["key", "api_key", "api-key", "access_token", "token"])
PERSONAL: Mapping[str, re.Pattern[str]] = {
    "an e-mail address": re.compile(r"[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w"),
    "a telephone number": re.compile(r"(?<![\w.-])\+\d{1,3}[ -]?(?:\(?\d{1,4}\)?[ -]?){2,4}\d{2,4}(?![\w.-])"),
    "a home folder": re.compile(r"(?:/home/|/Users/|[A-Z]:\\+Users\\+)[\w.-]+"),
    "an IP address": re.compile(r"(?<![\w.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"),
    "an account id": re.compile(r"\b(?:org|user|acct|account|proj|team)[-_][A-Za-z0-9]{8,}"),
}


class Scrubber:
    """Replaces keys by their placeholders; `keys` maps placeholders to keys."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """Prepare the pieces of all keys."""
        self._placeholders = {
            piece: placeholder.encode() for placeholder, key in keys.items() if key for piece in pieces(key)
        }

    def scrub(self, body: bytes) -> bytes:
        """Return a body with a placeholder where a key, or a part of one, was."""
        scrubbed, position = b"", 0
        for start, end, placeholder in self._spans(body):
            scrubbed += body[position:start] + placeholder
            position = end
        return scrubbed + body[position:]

    def scrub_text(self, text: str) -> str:
        """Return a text without any key."""
        return self.scrub(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def scrub_uri(self, uri: str) -> str:
        """Return a URI without a key, a user name or a password."""
        parts = urlsplit(uri)
        query = parse_qsl(parts.query, keep_blank_values=True)
        if any(name.lower() in KEY_PARAMETERS for name, _ in query):
            pairs = [(name, "<key>" if name.lower() in KEY_PARAMETERS else value) for name, value in query]
            parts = parts._replace(query=urlencode(pairs, safe="<>"))
        host = parts.netloc.rpartition("@")[2]
        return self.scrub_text(urlunsplit(parts._replace(netloc=host, fragment="")))

    def keep_headers(self, headers: Iterable[tuple[str, str]], allowed: Iterable[str]) -> dict[str, list[str]]:
        """Return the allowed headers without any key."""
        kept: dict[str, list[str]] = {}
        for name, value in headers:
            if name.lower() in allowed:
                kept.setdefault(name.lower(), []).append(self.scrub_text(value))
        return kept

    def contains_key(self, body: bytes) -> bool:
        """Return whether any part of a key is in a body."""
        return any(True for _ in self._spans(body))

    def _spans(self, body: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield start, end and placeholder of each run of overlapping pieces."""
        span: tuple[int, int, bytes] | None = None
        for start, end, placeholder in sorted(self._matches(body)):
            if span and start <= span[1]:
                span = (span[0], max(span[1], end), span[2])
                continue
            if span:
                yield span
            span = (start, end, placeholder)
        if span:
            yield span

    def _matches(self, body: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield every occurrence of every piece."""
        for size in {len(piece) for piece in self._placeholders}:
            for start in range(len(body) - size + 1):
                placeholder = self._placeholders.get(body[start : start + size])
                if placeholder:
                    yield start, start + size, placeholder


def pieces(key: str) -> set[bytes]:
    """Return every piece of eight characters of a key in all its forms; a shorter form whole."""
    parts = set()
    for form in forms(key):
        size = min(PIECE, len(form))
        parts |= {form[start : start + size] for start in range(len(form) - size + 1)}
    return parts


def forms(key: str) -> set[bytes]:
    """Return the key raw, URL-encoded, in hex, hashed, and in base64 at any offset."""
    raw = key.encode()
    quoted = quote(key, safe="")
    encoded = {raw, quoted.encode(), re.sub("%..", lambda match: match[0].lower(), quoted).encode()}
    encoded |= {raw.hex().encode(), hashlib.sha256(raw).hexdigest().encode()}  # LiteLLM prints the hash as a name
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")
        # The first and the last character also hold bits of what stands beside the key.
        inner = coded[-(-offset * 8 // 6) : len(coded) - bool((offset + len(raw)) % 3)]
        if len(inner) >= PIECE:
            encoded |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return encoded


def find_personal(text: str) -> list[str]:
    """Describe what in a text may be personal, without repeating it."""
    findings = []
    for description, pattern in PERSONAL.items():
        for match in dict.fromkeys(pattern.findall(text)):
            findings.append(f"{description} ({match[:3]}…, {len(match)} characters)")
    return findings
