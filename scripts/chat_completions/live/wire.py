"""One HTTP request over the standard library, with the frames of the reply as they came.

No redirect is followed: a key or a prompt would go along. A proxy of the user's environment is
used as other programs use it.
"""

import http.client
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from chat_completions.errors import BadInput

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 300  # seconds
BLOCK = 65536


class Reply(NamedTuple):
    """Status line, headers, and the body's pieces; reading them may raise what `broken` names.

    `framed` tells that the pieces are the server's own frames.
    """

    status: int
    reason: str
    headers: list[tuple[str, str]]
    pieces: Iterator[bytes]
    framed: bool

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return next((value for one, value in self.headers if one.lower() == name), "")


class Cut(Exception):
    """The reply ended before its end."""


BROKEN = (OSError, http.client.HTTPException, Cut)


@contextmanager
def asking(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, read: float = READ_TIMEOUT
) -> Iterator[Reply]:
    """The reply to one request, while the block runs; one of BROKEN where there is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"{url!r} is no http or https address.")
    connection = _connection(parts.scheme, parts.hostname, parts.port)
    try:
        connection.connect()
        connection.sock.settimeout(read)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, {**headers, "Accept-Encoding": "identity", "Connection": "close"})
        response = connection.getresponse()
        pieces = _frames(response) if response.chunked else _blocks(response)
        coding = response.getheader("content-encoding", "identity")
        framed = bool(response.chunked)
        yield Reply(response.status, response.reason, response.getheaders(), _plain(pieces, coding), framed)
    finally:
        connection.close()


def why(problem: Exception) -> str:
    """What went wrong with a connection, in a few words."""
    if isinstance(problem, Cut):
        return str(problem)
    if isinstance(problem, TimeoutError):
        return "no answer in time"
    reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return " ".join(reason.split())[:160]


def origin(url: str) -> str:
    """Scheme and host of an address."""
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    secure = scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    proxy = urlsplit(getproxies().get(scheme, "")) if secure and not proxy_bypass(host) else urlsplit("")
    if not proxy.hostname:
        return kind(host, port, timeout=CONNECT_TIMEOUT)
    connection = kind(proxy.hostname, proxy.port, timeout=CONNECT_TIMEOUT)
    connection.set_tunnel(host, port)
    return connection


def _frames(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The frames of a chunked body, exactly as the server cut them."""
    lines = response.fp
    while True:
        head = lines.readline().split(b";")[0].strip()
        if not head:
            raise Cut("the reply was cut")
        size = int(head, 16)
        if not size:
            return
        frame = lines.read(size)
        if len(frame) < size or not lines.readline():
            yield frame
            raise Cut("the reply was cut")
        yield frame


def _blocks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """A body that is not chunked, as it arrives."""
    promised = response.length
    came = 0
    while block := response.read1(BLOCK):
        came += len(block)
        yield block
    if promised is not None and came < promised:
        raise Cut("the reply was cut")


def _plain(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """The pieces unpacked: some servers compress although they were asked not to."""
    if coding.lower() not in ("gzip", "deflate"):
        yield from pieces
        return
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    for piece in pieces:
        yield unpacker.decompress(piece)
    yield unpacker.flush()
