"""Reads a skill's zip, all of it and only into memory, and refuses one that could do harm.

Nothing is written before everything was looked at.
"""

import stat
import unicodedata
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath

from chat_completions.errors import BadInput
from chat_completions.installing.contents import DOOR, NAME

MOST_FILES = 5_000
MOST_BYTES = 50_000_000  # unpacked
HINT = "Download it again from where the README says, and check its sum."


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files of the archive, by their paths below its one top folder."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            _check(entries)
            files = {_inside(one): _read(archive, one) for one in entries if not one.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as problem:
        raise BadInput(f"The archive is broken: {str(problem)[:100]}.", HINT) from problem
    for name in ("SKILL.md", DOOR):
        if name not in files:
            raise BadInput(f"The archive holds no {NAME}/{name}.", HINT)
    return files


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES or sum(one.file_size for one in entries) > MOST_BYTES:
        raise BadInput(f"The archive is too large: at most {MOST_FILES} files and {MOST_BYTES} bytes.", HINT)
    for one in entries:
        fault = _fault(one)
        if fault:
            raise BadInput(f"The archive holds {one.orig_filename!r}, which {fault}.", HINT)
    _check_doubles(entries)


def _fault(entry: zipfile.ZipInfo) -> str:
    """What is wrong with one entry, or nothing."""
    name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
    parts = name.removesuffix("/").split("/")
    if name.startswith("/") or ":" in name or "\\" in name:
        return "is not a plain relative path"
    if any(part in ("", ".", "..") for part in parts) or not name.isprintable():
        return "could lead out of its folder"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR) > entry.is_dir():
        return "is a link or a special file"
    if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is encrypted, or packed in a way that others do not read"
    if parts[0] != NAME or (len(parts) == 1 and not entry.is_dir()):
        return f"is not below the folder {NAME}"
    return ""


def _check_doubles(entries: list[zipfile.ZipInfo]) -> None:
    """BadInput where two names are one on some file system, or a file is also a folder."""
    seen: set[str] = set()
    files: set[str] = set()
    folders: set[str] = set()
    for one in entries:
        name = unicodedata.normalize("NFC", one.filename.removesuffix("/")).casefold()
        folders |= {str(parent) for parent in PurePosixPath(name).parents}
        (folders if one.is_dir() else files).add(name)
        if name in seen:
            raise BadInput(f"The archive holds {one.filename!r} twice.", HINT)
        seen.add(name)
    if files & folders:
        raise BadInput(f"The archive holds {min(files & folders)!r} as a file and as a folder.", HINT)


def _inside(entry: zipfile.ZipInfo) -> str:
    return entry.filename.removeprefix(NAME + "/")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of one entry; a size that lies is an error of the archive."""
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise zipfile.BadZipFile(f"{entry.filename} has another size than it says")
    return data
