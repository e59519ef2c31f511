"""Puts a skill's folder in its place or takes it away: all of it or nothing.

The new folder is built beside its place and then renamed into it; what an interrupted run left
is put right by the next one. A folder that was not made here is left alone unless forced.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chat_completions.errors import BadInput, NotOffered
from chat_completions.installing import folders, manifest
from chat_completions.installing.contents import DOOR, members
from chat_completions.installing.manifest import NOTE, Manifest

Tell = Callable[[str], None]


def put(target: Path, files: Mapping[str, bytes], version: str, *, force: bool, tell: Tell) -> None:
    """Make `target` the folder that holds `files`, the user's own files of before, and the note."""
    with _alone(target) as parents:
        if not force:
            _refuse_foreign(target, "--force replaces it, keeping your files among its facts and templates.")
        known = {**files, **members(files)}
        before = manifest.read(target)
        note = Manifest(version, manifest.sums(files), before.parents if before else parents)
        stage = folders.beside(target, "new")
        own = manifest.own_files(target, known) if target.is_dir() and not target.is_symlink() else {}
        try:
            _write(stage, {**files, NOTE: note.text()})
            _carry(own, stage, known, tell)
            folders.compiled(stage / "scripts")
            _swap(target, stage)
        finally:
            folders.drop(stage)


def take_away(target: Path, *, force: bool, tell: Tell) -> bool:
    """Remove the folder and what was made for it; files of the user's stay, with a note, unless forced."""
    if not os.path.isdir(target.parent):  # noqa: PTH112 - says no where a Path would raise
        return False
    with _alone(target):
        if not os.path.lexists(target):
            return False
        if not force:
            _refuse_foreign(target, "--force removes it with all that is in it, your files too.")
        note = manifest.read(target)
        own = {} if force or note is None else manifest.own_files(target)
        if own and note:
            folders.remove_all_but(target, {*own.values(), target / NOTE})
            folders.replace(target / NOTE, note._replace(files={}).text())
            tell(f"Kept, because it is yours: {', '.join(sorted(map(str, own.values())))}. Remove it with --force.")
        else:
            gone = folders.beside(target, "gone")
            target.rename(gone)
            folders.drop(gone)
    folders.remove_empty(note.parents if note else [])
    return True


@contextmanager
def _alone(target: Path) -> Iterator[list[str]]:
    """The block runs while no other install works in that folder; yields the parents made for it."""
    parents: list[str] = []
    try:
        parents += folders.make_parents(target.parent)
        lock = os.open(target.parent, os.O_RDONLY) if os.name == "posix" else None
        try:
            if lock is not None:
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX)
            folders.mend(target)
            yield parents
        finally:
            if lock is not None:
                os.close(lock)
    except OSError as problem:
        folders.remove_empty(parents)
        where = problem.filename or target
        reason = problem.strerror or type(problem).__name__
        raise BadInput(f"{str(where)!r} cannot be written: {reason}.", "Choose another folder with --dir.") from problem


def _refuse_foreign(target: Path, force: str) -> None:
    if os.path.lexists(target) and manifest.read(target) is None:
        raise NotOffered(
            f"{str(target)!r} is there already and was not made by `install`.",
            f"{force} Or choose another folder with --dir.",
        )


def _write(stage: Path, files: Mapping[str, bytes]) -> None:
    """SKILL.md comes last, so that no agent lists a folder that is half there."""
    stage.mkdir()  # a link in its place is not followed
    for name in sorted(files, key=lambda one: (one == "SKILL.md", one)):
        path = stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    (stage / DOOR).chmod(0o755)


def _carry(own: Mapping[str, Path], stage: Path, shipped: Mapping[str, bytes], tell: Tell) -> None:
    """The user's own files go along; one that is also shipped goes beside it, as NAME.yours."""
    for name, path in sorted(own.items(), key=lambda one: one[0] in shipped):  # an older NAME.yours keeps its name
        new = stage / name
        if name in shipped:
            if path.is_file() and path.read_bytes() == shipped[name]:
                continue
            new = folders.free(new.with_name(f"{new.name}.yours"))
            tell(f"You had changed {name}: yours is now {new.name} beside it.")
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, new, follow_symlinks=False)


def _swap(target: Path, stage: Path) -> None:
    old = folders.beside(target, "old")
    if os.path.lexists(target):
        target.rename(old)
    stage.rename(target)
    folders.drop(old)
