"""Puts a skill's folder in its place or takes it away: all of it or nothing.

The new folder is built beside its place and then renamed into it; what an interrupted run left
is put right by the next one. A folder that was not made here is left alone unless forced.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from chat_completions.errors import NotOffered
from chat_completions.installing import folders, manifest, workshop
from chat_completions.installing.contents import DOOR
from chat_completions.installing.manifest import NOTE, Manifest
from chat_completions.installing.workshop import Tell


def put(target: Path, files: Mapping[str, bytes], version: str, *, force: bool, tell: Tell) -> None:
    """Make `target` the folder that holds `files`, the user's own files of before, and the note."""
    with workshop.alone(target) as parents:
        if not force:
            _refuse_foreign(target, "--force replaces it, keeping your files among its facts and templates.")
        before = manifest.read(target)
        note = Manifest(version, manifest.sums(files), before.parents if before else parents)
        own = manifest.own_files(target, files) if target.is_dir() and not target.is_symlink() else {}
        with workshop.opened(target, note.parents, tell) as shop:
            new = shop / workshop.NEW
            _write(new, {**files, NOTE: note.text()})
            _carry(own, new, files, tell)
            folders.compiled(new / "scripts")
            workshop.swap(target, shop)


def take_away(target: Path, *, force: bool, tell: Tell) -> bool:
    """Remove the folder and what was made for it; files of the user's stay, with a note, unless forced."""
    if not os.path.isdir(target.parent):  # noqa: PTH112 - says no where a Path would raise
        return False
    with workshop.alone(target) as parents:
        if not os.path.lexists(target):
            folders.remove_empty(Manifest("", {}, parents).above(target))
            return False
        if not force:
            _refuse_foreign(target, "--force removes it with all that is in it, your files too.")
        note = manifest.read(target) or Manifest("", {}, [])
        own = {} if force else manifest.own_files(target)
        if own:
            kept = [_set_aside(path) if name in note.files else path for name, path in sorted(own.items())]
            folders.remove_all_but(target, {*kept, target / NOTE})
            folders.replace(target / NOTE, note._replace(files={}).text())
            tell(f"Kept, because it is yours: {', '.join(map(str, kept))}. Remove it with --force.")
            return True
        with workshop.opened(target, note.parents, tell) as shop:
            folders.move(target, shop / workshop.GONE)
        folders.remove_empty(note.above(target))
    return True


def _refuse_foreign(target: Path, force: str) -> None:
    if os.path.lexists(target) and manifest.read(target) is None:
        raise NotOffered(
            f"{str(target)!r} is there already and was not made by `install`.",
            f"{force} Or choose another folder with --dir.",
        )


def _write(new: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (new / DOOR).chmod(0o755)


def _carry(own: Mapping[str, Path], new: Path, shipped: Mapping[str, bytes], tell: Tell) -> None:
    """The user's own files go along; one that is also shipped goes beside it, as NAME.yours."""
    for name, path in sorted(own.items(), key=lambda one: one[0] in shipped):  # an older NAME.yours keeps its name
        to = new / name
        if name in shipped:
            if path.is_file() and path.read_bytes() == shipped[name]:
                continue
            to = folders.free(_yours(to))
            tell(f"You had changed {name}: yours is now {to.name} beside it.")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to, follow_symlinks=False)


def _set_aside(path: Path) -> Path:
    """A file of the skill that the user changed gets a name under which nothing reads it."""
    return path.rename(folders.free(_yours(path)))


def _yours(path: Path) -> Path:
    return path.with_name(f"{path.name}.yours")
