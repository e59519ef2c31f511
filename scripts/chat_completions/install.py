"""Puts the skill where agents look for it, and removes it again.

The new folder is built beside its place and then renamed into it. A marker names every installed file with its
SHA-256: any other file in the folder is the user's, and is copied to `kept/` in their own folder before it goes.
"""

import compileall
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from itertools import count
from pathlib import Path

from chat_completions.agents import reading_agents
from chat_completions.errors import BadInput, NotOffered
from chat_completions.paths import config_folder
from chat_completions.skill_files import ENTRY_POINT, NAME, skill_version

MARKER = ".installed.json"
MADE_BY = "chat-completions install"
Tell = Callable[[str], None]


def find_installed() -> Iterator[dict[str, object]]:
    """Yield every folder that an agent reads and that holds the skill."""
    for path, names in reading_agents().items():
        with suppress(OSError):
            text = (path / "SKILL.md").read_bytes()
            marked = read_marker(path) is not None
            user_files = [file.relative_to(path).as_posix() for file in find_user_files(path)] if marked else []
            version = skill_version({"SKILL.md": text})
            yield {"path": str(path), "agents": names, "version": version, "marked": marked, "user_files": user_files}


def install_skill(target: Path, files: Mapping[str, bytes], *, force: bool, tell: Tell) -> None:
    """Replace `target` with a folder of `files`; the old one stays where this fails."""
    temporary, old = _siblings(target)
    with _write_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _recover(target, tell)
        _refuse_foreign(target, force=force)
        try:
            _write(temporary, files, target)
            _keep_user_files(target, tell)
            _swap(target, temporary, old)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        _discard(old, tell)


def uninstall_skill(target: Path, *, force: bool, tell: Tell) -> bool:
    """Remove the folder and say whether there was one."""
    with _write_errors(target):
        _recover(target, tell)
        if not os.path.lexists(target):
            return False
        _refuse_foreign(target, force=force)
        _keep_user_files(target, tell)
        temporary, _ = _siblings(target)
        target.rename(temporary)
        _discard(temporary, tell)
    return True


def read_marker(folder: Path) -> dict[str, str] | None:
    """Return the sums of the installed files; None for a folder that `install` did not make."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        marker = json.loads((folder / MARKER).read_bytes())
        if marker["made_by"] == MADE_BY and not folder.is_symlink():
            return dict(marker["files"])
    return None


def find_user_files(folder: Path) -> Iterator[Path]:
    """Yield the files that the user added to an installed folder, or changed in it."""
    sums = read_marker(folder) or {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        ignored = path.parent.name == "__pycache__" or path.name in (MARKER, ".DS_Store", "Thumbs.db")
        if path.is_symlink() or (path.is_file() and not ignored and sums.get(name) != _sum(path.read_bytes())):
            yield path


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _siblings(target: Path) -> tuple[Path, Path]:
    """Return a folder that may always go, and one that comes back where `target` is missing."""
    return target.with_name(f".{target.name}.tmp"), target.with_name(f".{target.name}.old")


@contextmanager
def _write_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        where = str(problem.filename or target)
        raise BadInput(f"{where!r} cannot be written: {reason}.", "Choose another folder with --dir.") from problem


def _recover(target: Path, tell: Tell) -> None:
    """Finish what an interrupted run left behind."""
    temporary, old = _siblings(target)
    _discard(temporary, tell)
    if os.path.lexists(old) and not os.path.lexists(target):
        old.rename(target)
    _discard(old, tell)


def _refuse_foreign(target: Path, *, force: bool) -> None:
    if os.path.lexists(target) and read_marker(target) is None and not force:
        hint = f"--force moves it to {config_folder() / 'kept'}. Or choose another folder with --dir."
        raise NotOffered(f"{str(target)!r} was not made by `install`.", hint)


def _write(folder: Path, files: Mapping[str, bytes], target: Path) -> None:
    sums = {name: _sum(data) for name, data in files.items()}
    marker = {"made_by": MADE_BY, "version": skill_version(files), "files": sums}
    for name, data in {MARKER: json.dumps(marker, indent=1).encode(), **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ENTRY_POINT).chmod(0o755)
    compileall.compile_dir(folder / "scripts", quiet=2, stripdir=str(folder), prependdir=str(target))


def _swap(target: Path, new: Path, old: Path) -> None:
    if os.path.lexists(target):
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if os.path.lexists(old):
            old.rename(target)
        raise


def _keep_user_files(target: Path, tell: Tell) -> None:
    files = list(find_user_files(target)) if read_marker(target) is not None else []
    if not files:
        return
    kept = _kept_folder()
    for path in files:
        copy = kept / path.relative_to(target)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy, follow_symlinks=False)
    names = [path.relative_to(target).as_posix() for path in files]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004
    tell(f"Your files in the skill's folder ({', '.join(names[:5])}{more}) are now in {kept}.")


def _discard(folder: Path, tell: Tell) -> None:
    """Remove a folder of ours, whose user files are kept already; move any other to the kept ones."""
    if read_marker(folder) is not None:
        try:
            shutil.rmtree(folder)
        except OSError as problem:
            tell(f"{folder} could not be removed: {problem.strerror}.")
    elif os.path.lexists(folder):
        kept = _kept_folder() / NAME
        shutil.move(folder, kept)
        tell(f"What was there before is now {kept}.")


def _kept_folder() -> Path:
    """Make a new folder for files of the user's."""
    parent = config_folder() / "kept"
    parent.mkdir(parents=True, exist_ok=True)
    day = datetime.now(timezone.utc).date().isoformat()
    kept = next(path for number in count(1) if not (path := parent / f"{day}-{number}").exists())
    kept.mkdir()
    return kept
