"""What the scripted server sends: replies, whole or with a fault, and how they look as bytes."""

import base64
import re
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Literal

DATE = re.compile(r"<DATE\+(\d+)>")


@dataclass(frozen=True)
class Reply:
    """One reply: status line, headers, and a body as one piece or in chunks.

    With `chunks`, every item is one frame of a chunked body; else `body` goes out with its
    length, or with the length that is `declared`, whatever it is. `<DATE+3>` in a header becomes
    the date three seconds after it is sent.

    `end` says what follows the last byte: `done` ends the body as HTTP wants it, `cut` closes
    without the last frame, `reset` the same by RST, `hold` leaves the socket open for `hold`
    seconds. `instead` of a reply there can be a `reset`, a `close` or `silence` for `hold`
    seconds. `gzip` compresses for those who ask for it, `unasked` for all.
    """

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    chunks: Sequence[bytes] | None = None
    pause: float = 0
    wait: float = 0
    declared: int | None = None
    end: Literal["done", "cut", "reset", "hold"] = "done"
    hold: float = 30
    instead: Literal["", "reset", "close", "silence"] = ""
    gzip: bool | Literal["unasked"] = False

    def compress(self) -> "Reply":
        """The same, compressed chunk by chunk, as a server does that flushes."""
        squeeze = zlib.compressobj(wbits=31)
        parts = [self.body] if self.chunks is None else self.chunks
        chunks = [squeeze.compress(part) + squeeze.flush(zlib.Z_SYNC_FLUSH) for part in parts]
        headers = [*self.headers, ("content-encoding", "gzip")]
        return replace(self, headers=headers, chunks=[*chunks, squeeze.flush()], gzip=False)

    def head(self) -> bytes:
        """The status line and the headers, with what frames the body."""
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Odd"
        lines = [f"HTTP/1.1 {self.status} {phrase}"]
        lines += [f"{name}: {DATE.sub(_date, value)}" for name, value in self.headers]
        if self.chunks is not None:
            lines.append("transfer-encoding: chunked")
        elif self.status != HTTPStatus.NO_CONTENT:
            length = len(self.body) if self.declared is None else self.declared
            lines.append(f"content-length: {length}")
        return "\r\n".join([*lines, "", ""]).encode()

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the body, one item per write."""
        if self.chunks is None:
            yield self.body
            return
        for chunk in self.chunks:
            if chunk:
                yield b"%x\r\n%s\r\n" % (len(chunk), chunk)
        if self.end == "done":
            yield b"0\r\n\r\n"

    def keeps(self) -> bool:
        """Whether another request may come on the same connection."""
        asked_to_close = ("connection", "close") in {(n.lower(), v.lower()) for n, v in self.headers}
        return self.end == "done" and not asked_to_close


def _date(match: re.Match[str]) -> str:
    return formatdate(time.time() + int(match[1]), usegmt=True)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_SIZE = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
_DOT = zlib.compress(b"\0\xc8\x78\x28")
_PNG = b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", _SIZE) + _png_chunk(b"IDAT", _DOT) + _png_chunk(b"IEND", b"")
PICTURES = {
    "PNG": _PNG,
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9",
    "GIF": b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
    "WEBP": b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0/\0\0\0\x10\7\x10\x11\x11\x88\x88\xfe\7\0",
    "TEXT": b"not a picture",
    "NONE": b"",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "HALF": b"\x89PN",
    "HUGE": _PNG + bytes(20 * 1024 * 1024),
}
ENCODED = {name: base64.b64encode(data).decode() for name, data in PICTURES.items() if name != "HUGE"}
ENCODED["PNG_IN_LINES"] = base64.encodebytes(PICTURES["PNG"]).decode()
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
