"""Work on whole folders that knows nothing of skills."""

import compileall
import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from py_compile import PycInvalidationMode

COMPILE = ["-I", "-m", "compileall", "-q", "--invalidation-mode", "checked-hash"]


def make_parents(folder: Path) -> list[Path]:
    """Make the folder and those above it; the new ones, the deepest first."""
    made: list[Path] = []
    while not folder.is_dir():
        if folder == folder.parent:  # a drive that is not there
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
        made.append(folder)
        folder = folder.parent
    try:
        for one in reversed(made):
            one.mkdir(exist_ok=True)
    except OSError:
        remove_empty(made)
        raise
    return made


def move(path: Path, to: Path) -> None:
    """Rename a file, a link or a folder, which must be writable itself to get another parent."""
    if path.is_dir() and not path.is_symlink():
        _open(path)
    path.rename(to)


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
    """Remove a folder with all in it, or what is in its place; never what a link points to."""
    if path.is_dir() and not path.is_symlink():
        _open_all(path)
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def remove_all_but(folder: Path, kept: set[Path]) -> None:
    """Remove what is in a folder, the deepest first, but these files and the folders they are in."""
    _open_all(folder)
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
    new = file.with_name(f"{file.name}.part")
    new.write_bytes(content)
    new.replace(file)


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove these folders, the deepest first, as far as nothing is in them."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _open_all(folder: Path) -> None:
    """Let the owner change the folder and every one below it: what is write-protected can go, too."""
    _open(folder)
    for here, inside, _ in os.walk(folder):
        for one in (Path(here, name) for name in inside):
            if not one.is_symlink():
                _open(one)


def _open(folder: Path) -> None:
    folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IRWXU)
