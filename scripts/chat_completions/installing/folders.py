"""Work on whole folders: what `place` needs to build one, swap it in and take it away."""

import compileall
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from py_compile import PycInvalidationMode

COMPILE = ["-I", "-m", "compileall", "-q", "--invalidation-mode", "checked-hash"]


def make_parents(folder: Path) -> list[str]:
    """Make the folder and those above it; the names of the new ones, the deepest first."""
    made = []
    while not folder.is_dir():
        made.append(folder)
        folder = folder.parent
    for one in reversed(made):
        one.mkdir(exist_ok=True)
    return [str(one) for one in made]


def beside(target: Path, what: str) -> Path:
    """The hidden neighbour in which a new folder grows or an old one waits."""
    return target.with_name(f".{target.name}.{what}")


def mend(target: Path) -> None:
    """Put right what an interrupted run left: the old folder goes back, a half new or half removed one away."""
    old, new, gone = (beside(target, what) for what in ("old", "new", "gone"))
    if old.is_dir() and not os.path.lexists(target):
        old.rename(target)
    for one in (old, new, gone):
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)


def free(path: Path) -> Path:
    """The path, or the first with a number behind it that nothing has yet."""
    tries = (path.with_name(f"{path.name}{number}") for number in range(2, 1000))
    return next(one for one in (path, *tries) if not os.path.lexists(one))


def compiled(folder: Path) -> None:
    """For the Python that runs this and for the `python3` that agents will call."""
    compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    other = shutil.which("python3")
    if other and _tag(other) not in ("", sys.implementation.cache_tag):
        with suppress(OSError):
            subprocess.run([other, *COMPILE, str(folder)], capture_output=True, check=False)


def _tag(python: str) -> str:
    """What an interpreter puts into the names of its compiled files, or nothing where it does not run."""
    ask = [python, "-I", "-c", "import sys; sys.stdout.write(sys.implementation.cache_tag)"]
    with suppress(OSError):
        return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    return ""


def drop(path: Path) -> None:
    """Remove a folder, or a link or file in its place; never what a link points to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def remove_all_but(folder: Path, kept: set[Path]) -> None:
    """Remove what is in a folder, the deepest first, but these files and the folders they are in."""
    for path in sorted(folder.rglob("*"), key=lambda one: (-len(one.parts), str(one))):
        if path in kept:
            continue
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):  # one of the user's is in it
                path.rmdir()
        else:
            path.unlink()


def replace(file: Path, content: bytes) -> None:
    """Give a file another content, all of it or nothing."""
    new = beside(file, "new")
    new.write_bytes(content)
    new.replace(file)


def remove_empty(folders: Sequence[str]) -> None:
    """Remove these folders, the deepest first, as far as nobody else uses them."""
    for folder in folders:
        with suppress(OSError):
            Path(folder).rmdir()
