"""Takes keys out of traffic before it is stored, and finds what may be personal.

A key is looked for as it is, URL-encoded and in base64, and in pieces of eight characters of
each, so that no part of it survives that would be worth guessing the rest of. Headers are kept
by an allow-list: what nobody knows to be harmless is not stored.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

PIECE = 8
CREDENTIALS = ("authorization", "x-api-key", "x-goog-api-key", "api-key")
SENT = frozenset(["content-type", "anthropic-version", "anthropic-beta", *CREDENTIALS])
SERVED = frozenset(["content-type", "retry-after", "retry-after-ms", "x-should-retry"])
IN_QUERY = frozenset(["key", "api_key", "api-key", "access_token", "token"])
PERSONAL: Mapping[str, re.Pattern[str]] = {
    "an e-mail address": re.compile(r"[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w"),
    "a telephone number": re.compile(r"(?<![\w.-])\+\d{1,3}[ -]?(?:\(?\d{1,4}\)?[ -]?){2,4}\d{2,4}(?![\w.-])"),
    "a home folder": re.compile(r"(?:/home/|/Users/|[A-Z]:\\+Users\\+)[\w.-]+"),
    "an IP address": re.compile(r"(?<![\w.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"),
    "the id of an account": re.compile(r"\b(?:org|user|acct|account|proj|team)[-_][A-Za-z0-9]{8,}"),
}


class Secrets:
    """Real keys and the placeholder that stands for each."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = {word: key for word, key in keys.items() if key}
        # A key that is what its placeholder says is no secret: `wrong-key`.
        hidden = {word: key for word, key in self._keys.items() if key != word.strip("<>")}
        self._pieces = {piece: word for word, key in hidden.items() for piece in pieces(key)}

    def real(self, text: str) -> str:
        """A header's value with the real key where the program has the placeholder."""
        before, blank, last = text.rpartition(" ")
        return f"{before}{blank}{self._keys.get(last, last)}"

    def clean(self, text: str) -> str:
        """A text without any key."""
        return self.clean_chunks([text.encode("utf-8", "surrogateescape")])[0].decode("utf-8", "surrogateescape")

    def clean_chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """A body without any key, in the pieces it came in; a key that lies across a border goes too."""
        body, cleaned, start = b"".join(chunks), [], 0
        spans = list(self._spans(body))
        for chunk in chunks:
            end, at, kept = start + len(chunk), start, b""
            for low, high, word in spans:
                if low < end and high > start:
                    kept += body[at : max(at, low)] + (word.encode() if low >= start else b"")
                    at = min(high, end)
            cleaned.append(kept + body[at:end])
            start = end
        return cleaned

    def found_in(self, body: bytes) -> bool:
        """Whether any part of a key stands in `body`."""
        return any(True for _ in self._spans(body))

    def _spans(self, body: bytes) -> Iterator[tuple[int, int, str]]:
        """Where keys stand: start, end and placeholder of each run of overlapping pieces."""
        low = high = -1
        word = ""
        for start, end, meant in sorted(_places(body, self._pieces)):
            if start > high:
                if word:
                    yield low, high, word
                low, word = start, meant
            high = max(high, end)
        if word:
            yield low, high, word


def pieces(key: str) -> set[bytes]:
    """Every piece of eight characters of a key in every form that may carry it; a shorter one whole."""
    found = set()
    for form in forms(key):
        size = min(PIECE, len(form))
        found |= {form[at : at + size] for at in range(len(form) - size + 1)}
    return found


def forms(key: str) -> set[bytes]:
    """The key raw, URL-encoded in both cases, in hex, hashed, and in base64 wherever in a text it began."""
    raw = key.encode()
    quoted = quote(key, safe="")
    found = {raw, quoted.encode(), re.sub("%..", lambda one: one[0].lower(), quoted).encode()}
    found |= {raw.hex().encode(), hashlib.sha256(raw).hexdigest().encode()}  # some gateways print this as its name
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + raw).rstrip(b"=")
        inner = coded[-(-lead * 8 // 6) : len(coded) - bool((lead + len(raw)) % 3)]
        if len(inner) >= PIECE:
            found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def sent_headers(headers: Iterable[tuple[str, str]], secrets: Secrets, own: str) -> dict[str, list[str]]:
    """The request headers worth keeping; `own` is the one in which the gateway wants its key."""
    return _kept(headers, SENT | {own.lower()}, secrets)


def served_headers(headers: Iterable[tuple[str, str]], secrets: Secrets) -> dict[str, list[str]]:
    """The reply headers worth keeping."""
    return _kept(headers, SERVED, secrets)


def clean_uri(uri: str, secrets: Secrets, placeholder: str) -> str:
    """A URI without a key, a user or a password."""
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    pairs = [
        (n, placeholder if n.lower() in IN_QUERY else v) for n, v in parse_qsl(parts.query, keep_blank_values=True)
    ]
    kept = parts.query if pairs == parse_qsl(parts.query, keep_blank_values=True) else urlencode(pairs, safe="<>")
    return secrets.clean(urlunsplit(parts._replace(netloc=host, query=kept, fragment="")))


def personal(text: str) -> list[str]:
    """What in a body may be personal, in words that do not repeat it whole."""
    found = []
    for what, pattern in PERSONAL.items():
        for one in dict.fromkeys(pattern.findall(text)):
            found.append(f"{what} ({one[:3]}…, {len(one)} characters)")
    return found


def _kept(headers: Iterable[tuple[str, str]], allowed: frozenset[str], secrets: Secrets) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() in allowed:
            found.setdefault(name.lower(), []).append(secrets.clean(value))
    return found


def _places(body: bytes, pieces: Mapping[bytes, str]) -> Iterator[tuple[int, int, str]]:
    """Every place of every piece."""
    for size in {len(piece) for piece in pieces}:
        for at in range(len(body) - size + 1):
            word = pieces.get(body[at : at + size])
            if word:
                yield at, at + size, word
