"""The hidden folder beside a skill's place: a new one is built in it, an old one taken apart.

One run at a time works beside a place. A workshop carries the note that `install` signs with: by it
the next run knows what an interrupted one left, and touches nothing else.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chat_completions.errors import BadInput
from chat_completions.installing import folders, manifest
from chat_completions.installing.manifest import NOTE, Manifest

Tell = Callable[[str], None]
NEW, OLD, GONE = "new", "old", "gone"  # what is in a workshop: a skill that grows, waits to come back, is removed


@contextmanager
def alone(target: Path) -> Iterator[list[str]]:
    """The block runs while no other works beside `target`; yields the names of the folders made for it."""
    made: list[Path] = []
    try:
        made, lock = _locked(target.parent)
        try:
            yield max(_mended(target), [one.name for one in made], key=len)
        finally:
            if lock is not None:
                os.close(lock)
    except OSError as problem:
        where = problem.filename or target
        reason = problem.strerror or type(problem).__name__
        raise BadInput(f"{str(where)!r} cannot be written: {reason}.", "Choose another folder with --dir.") from problem
    finally:
        if not os.path.lexists(target):
            folders.remove_empty(made)


@contextmanager
def opened(target: Path, parents: list[str], tell: Tell) -> Iterator[Path]:
    """A new workshop beside `target`, which is gone after the block; `parents` is kept in case of a crash."""
    shop = Path(tempfile.mkdtemp(prefix=_prefix(target), dir=target.parent))
    try:
        (shop / NOTE).write_bytes(Manifest("", {}, parents).text())
        yield shop
    finally:
        try:
            _clear(shop)
        except OSError as problem:
            tell(f"{shop} could not be removed: {problem.strerror}. The next run tries again.")


def swap(target: Path, shop: Path) -> None:
    """The new folder takes the place of the old one, or the old one stays."""
    if os.path.lexists(target):
        folders.move(target, shop / OLD)
    try:
        (shop / NEW).rename(target)
    except OSError:
        if os.path.lexists(shop / OLD):
            (shop / OLD).rename(target)
        raise


def _prefix(target: Path) -> str:
    return f".{target.name}-"


def _locked(folder: Path) -> tuple[list[Path], int | None]:
    """The folders that had to be made, the deepest first, and the lock on the last."""
    made: list[Path] = []
    while True:
        made = folders.make_parents(folder) or made
        if os.name != "posix":
            return made, None
        import fcntl

        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):  # who held it may have removed the folder
            if os.path.samestat(os.fstat(lock), folder.stat()):
                return made, lock
        os.close(lock)


def _mended(target: Path) -> list[str]:
    """Put right what interrupted runs left: the old skill goes back, the rest away; the folders they had made."""
    parents: list[str] = []
    for one in target.parent.glob(_prefix(target) + "*"):
        note = _signed(one)
        if note is None:
            continue
        if os.path.lexists(one / OLD) and not os.path.lexists(target):
            (one / OLD).rename(target)
        parents = max(parents, note.parents, key=len)
        with suppress(OSError):  # it is in nobody's way
            _clear(one)
    return parents


def _clear(shop: Path) -> None:
    """Remove a workshop, its note last."""
    for name in (NEW, OLD, GONE):
        folders.drop(shop / name)
    folders.drop(shop)


def _signed(shop: Path) -> Manifest | None:
    """The note of a workshop; also of one whose maker was killed before it could sign."""
    if shop.is_symlink() or not shop.is_dir():
        return None
    if [(one.name, one.lstat().st_size) for one in shop.iterdir()] in ([], [(NOTE, 0)]):
        return Manifest("", {}, [])
    return manifest.read(shop)
