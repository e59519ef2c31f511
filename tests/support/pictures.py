"""Small pictures of four kinds, made here, and things that only look like one."""

import base64
import struct
import zlib


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_SIZE = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
_DOT = zlib.compress(b"\0\xc8\x78\x28")
_PNG = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", _SIZE) + _chunk(b"IDAT", _DOT) + _chunk(b"IEND", b"")
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
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
