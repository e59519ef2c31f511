"""The note an installed folder carries: who made it, and which files of it are the user's own."""

import hashlib
import json
from collections.abc import Container, Mapping
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

NOTE = ".installed.json"
MADE_BY = "chat-completions install"
ADDED_TO = ("references/", "templates/")  # where a user may put files that the skill then reads
NOBODYS = {".DS_Store", "Thumbs.db"}  # file managers leave them


class Manifest(NamedTuple):
    """What was installed: its version, the sum of each file, the folders above that were made for it.

    `parents` are names, the deepest first: a skill that is moved takes them for its own only where
    folders of the same names are above it.
    """

    version: str
    files: dict[str, str]
    parents: list[str]

    def text(self) -> bytes:
        """The note as it is kept."""
        return (json.dumps({"made_by": MADE_BY, **self._asdict()}, indent=1) + "\n").encode()

    def above(self, target: Path) -> list[Path]:
        """The folders above `target` that were made for it, the deepest first."""
        pairs = takewhile(lambda pair: pair[0].name == pair[1], zip(target.parents, self.parents, strict=False))
        return [parent for parent, _ in pairs]


def read(folder: Path) -> Manifest | None:
    """The note of a folder that was made by `install`; None for any other folder."""
    with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        said: dict[str, Any] = json.loads((folder / NOTE).read_bytes())
        if said["made_by"] == MADE_BY and not folder.is_symlink():
            parents = [Path(one).name for one in said["parents"]]  # up to version 0.2.0 they were paths
            return Manifest(str(said["version"]), dict(said["files"]), parents)
    return None


def sums(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of every file."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def own_files(folder: Path, shipped: Container[str] = ()) -> dict[str, Path]:
    """The files that the user added to the folder or changed in it, by their paths in it.

    In a folder without a note nobody can say whose a file is: all gateways are taken for the
    user's, and of the other facts and templates those that are not shipped.
    """
    known = read(folder)
    if known is None:
        return {
            name: path
            for name, path in _all(folder).items()
            if name.startswith("references/gateways/") or (name.startswith(ADDED_TO) and name not in shipped)
        }
    return {
        name: path for name, path in _all(folder).items() if name != NOTE and known.files.get(name) not in _sums(path)
    }


def _all(folder: Path) -> dict[str, Path]:
    """Every file or link but what Python compiled and file managers leave."""
    found = {}
    for path in sorted(folder.rglob("*")):
        a_file = path.is_symlink() or not path.is_dir()
        if a_file and path.parent.name != "__pycache__" and path.name not in NOBODYS:
            found[path.relative_to(folder).as_posix()] = path
    return found


def _sums(path: Path) -> set[str]:
    """The sum of a file, and the one it had before git gave its lines the ends of Windows."""
    if path.is_symlink() or not path.is_file():
        return set()
    data = path.read_bytes()
    return {hashlib.sha256(one).hexdigest() for one in (data, data.replace(b"\r\n", b"\n"))}
