"""An install that is killed at any moment leaves the old skill, the new one, or what the next run mends."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from chat_completions.errors import BadInput
from chat_completions.installing import folders, manifest, place, workshop

OLD = {"SKILL.md": b"old", "scripts/chat-completions.py": b"#!old", "scripts/gone.py": b"old"}
NEW = {"SKILL.md": b"new", "scripts/chat-completions.py": b"#!new", "scripts/more.py": b"new"}
CHANGES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod"}
KILLED = 9
NOBODY = 65534


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


def signed(target: Path) -> bool:
    """Whether a workshop lies beside it that says whose it is."""
    return any(manifest.read(one) for one in target.parent.glob(".*"))


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
        waiting = target.parent.glob(f".*/{workshop.OLD}")
        assert shown(target if target.exists() else next(waiting)) in (OLD | own, NEW | own), step
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
        known = target.exists() or signed(target)
        place.take_away(target, force=False, tell=lambda _: None)
        assert not target.exists(), step
        assert not known or list(tmp_path.iterdir()) == [], step
        assert list(target.parent.glob(".*")) == [], step
        if code == 0:
            assert step > len(OLD)
            return
    pytest.fail("it never ran to its end")


def test_what_was_killed_before_it_could_sign_goes_too(tmp_path: Path) -> None:
    for name in ("made", "signing"):
        (tmp_path / f".chat-completions-{name}").mkdir()
    (tmp_path / ".chat-completions-signing" / manifest.NOTE).touch()
    put(tmp_path / "chat-completions", NEW)
    assert [one.name for one in tmp_path.iterdir()] == ["chat-completions"]


def test_the_folders_that_a_killed_install_made_go_with_the_skill(tmp_path: Path) -> None:
    for step in range(1, 200):
        target = tmp_path / str(step) / ".agents" / "skills" / "chat-completions"
        target.parents[2].mkdir()
        code = forked(step, target, NEW)
        known = target.exists() or signed(target)
        put(target, NEW)
        place.take_away(target, force=False, tell=lambda _: None)
        assert not known or not list(target.parents[2].iterdir()), step
        if code == 0:
            return
    pytest.fail("it never ran to its end")


def test_a_new_folder_that_cannot_get_its_place_leaves_the_old_one_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "chat-completions"
    put(target, OLD)
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if self.name == workshop.NEW:
            raise PermissionError(13, "Permission denied", str(self))
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(BadInput, match="Permission denied"):
        put(target, NEW)
    assert shown(target) == OLD
    assert [one.name for one in tmp_path.iterdir()] == ["chat-completions"]


def test_an_old_folder_that_cannot_be_removed_is_told_and_goes_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    target, told = tmp_path / "chat-completions", list[str]()
    with monkeypatch.context() as patched:
        patched.setattr(folders, "drop", failing)
        place.put(target, OLD, "1", force=False, tell=told.append)
    (left,) = tmp_path.glob(".chat-completions-*")
    assert told == [f"{left} could not be removed: Permission denied. The next run tries again."]
    put(target, NEW)
    assert [one.name for one in tmp_path.iterdir()] == ["chat-completions"]


def test_whoever_waited_for_a_folder_that_then_went_makes_it_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    target, flock, locked = tmp_path / "skills" / "chat-completions", fcntl.flock, list[int]()

    def late(lock: int, how: int) -> None:
        locked.append(lock)
        if len(locked) < 3:
            target.parent.rmdir()
        if len(locked) == 2:
            target.parent.mkdir()  # by another, who may hold the lock of this one
        flock(lock, how)

    monkeypatch.setattr(fcntl, "flock", late)
    put(target, NEW)
    assert shown(target) == NEW
    assert len(locked) == 3


def test_where_nothing_can_be_built_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "a" / "skills" / "chat-completions"
    monkeypatch.setattr(tempfile, "mkdtemp", failing)
    with pytest.raises(BadInput, match="chat-completions' cannot be written: No space left on device"):
        put(target, NEW)
    assert list(tmp_path.iterdir()) == []


def test_of_the_folders_above_all_are_made_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = Path.mkdir

    def failing(self: Path, **how: bool) -> None:
        if self.name == "skills":
            raise PermissionError(13, "Permission denied", str(self))
        mkdir(self, **how)

    monkeypatch.setattr(Path, "mkdir", failing)
    with pytest.raises(BadInput, match="skills' cannot be written"):
        put(tmp_path / "a" / "skills" / "chat-completions", NEW)
    assert list(tmp_path.iterdir()) == []


def test_a_drive_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda _: False)
    with pytest.raises(FileNotFoundError):
        folders.make_parents(Path("/a/b"))


def test_a_folder_that_a_link_of_the_user_s_points_to_keeps_its_mode(tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "chat-completions", tmp_path / "elsewhere"
    put(target, OLD)
    elsewhere.mkdir()
    elsewhere.chmod(0o500)
    (target / "references").mkdir()
    (target / "references" / "gateways").symlink_to(elsewhere)
    put(target, NEW)
    place.take_away(target, force=True, tell=lambda _: None)
    assert elsewhere.stat().st_mode & 0o777 == 0o500


def test_folders_that_are_write_protected_are_no_obstacle() -> None:
    """As a user who is not root, who could do anything."""
    with tempfile.TemporaryDirectory() as name:
        target = Path(name) / "skills" / "chat-completions"
        Path(name).chmod(0o777)
        child = os.fork()
        if child == 0:
            if os.getuid() == 0:
                os.setuid(NOBODY)
            for files in (OLD, NEW):
                put(target, files)
                (target / "mine").write_bytes(b"mine")
                (target / "scripts").chmod(0o555)
                target.chmod(0o555)
            place.take_away(target, force=False, tell=lambda _: None)
            kept = list(shown(target)) == ["mine"]
            place.take_away(target, force=True, tell=lambda _: None)
            os._exit(len(list(target.parent.parent.iterdir())) if kept else 9)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
