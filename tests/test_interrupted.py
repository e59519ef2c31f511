"""An install that is killed at any moment leaves the old skill, the new one, or what the next run mends."""

import os
import sys
from pathlib import Path

import pytest
from chat_completions.installing import folders, manifest, place

OLD = {"SKILL.md": b"old", "scripts/chat-completions.py": b"#!old", "scripts/gone.py": b"old"}
NEW = {"SKILL.md": b"new", "scripts/chat-completions.py": b"#!new", "scripts/more.py": b"new"}
CHANGES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod"}
KILLED = 9


def put(target: Path, files: dict[str, bytes]) -> None:
    place.put(target, files, "1", force=False, tell=lambda _: None)


def die_at(step: int) -> None:
    """In this process the `step`-th change of the file system does not happen any more."""
    left = [step]

    def watch(event: str, given: tuple[object, ...]) -> None:
        if event in CHANGES and (event != "open" or "w" in str(given[1])):
            left[0] -= 1
            if left[0] == 0:
                os._exit(KILLED)

    sys.addaudithook(watch)


def forked(step: int, target: Path, files: dict[str, bytes] | None) -> int:
    """How a child ended that was to install (or, without files, to remove) and dies at a step."""
    child = os.fork()
    if child == 0:
        die_at(step)
        if files is None:
            place.take_away(target, force=False, tell=lambda _: None)
        else:
            put(target, files)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def shown(folder: Path) -> dict[str, bytes]:
    files = (one for one in folder.rglob("*") if one.is_file() and one.suffix != ".pyc" and one.name != manifest.NOTE)
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in files}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "compiled", lambda _: None)


def test_killed_at_every_step(tmp_path: Path) -> None:
    own = {"references/gateways/mine.yaml": b"mine"}
    for step in range(1, 200):
        target = tmp_path / str(step) / "chat-completions"
        put(target, OLD)
        (target / "references/gateways").mkdir(parents=True)
        (target / "references/gateways/mine.yaml").write_bytes(b"mine")
        code = forked(step, target, NEW)
        waiting = folders.beside(target, "old")
        assert shown(target if target.exists() else waiting) in (OLD | own, NEW | own), step
        put(target, NEW)
        assert shown(target) == NEW | own, step
        assert [one.name for one in target.parent.iterdir()] == ["chat-completions"], step
        if code == 0:
            assert step > 10
            return
    pytest.fail("it never ran to its end")


def test_a_removal_that_was_killed_is_done_by_the_next(tmp_path: Path) -> None:
    for step in range(1, 200):
        target = tmp_path / str(step) / "skills" / "chat-completions"
        put(target, OLD)
        code = forked(step, target, None)
        place.take_away(target, force=False, tell=lambda _: None)
        assert not target.exists(), step
        assert list(target.parent.glob(".*")) == [], step
        if code == 0:
            assert step > len(OLD)
            return
    pytest.fail("it never ran to its end")
