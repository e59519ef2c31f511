"""The cache makes a cold start quicker and never anything else."""

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from chat_completions import catalog, paths, shelf
from chat_completions.shapes import Request
from chat_completions.snippet import make

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    forget()
    return tmp_path


def forget() -> None:
    """As in a new process."""
    for cached in (paths.cache_folder, catalog._kept, shelf._bundled):  # noqa: SLF001
        cached.cache_clear()


def test_with_and_without_it_the_program_is_the_same(temporary: Path) -> None:
    first = make(Request("aitoll", prompt="Hi")).code
    kept = {path.name for path in temporary.rglob("*") if path.is_file()}
    assert any(name.startswith("gateways-aitoll-") for name in kept)
    forget()
    assert make(Request("aitoll", prompt="Hi")).code == first
    (temporary / f"chat-completions-{os.getuid()}").chmod(0o500)
    forget()
    assert make(Request("aitoll", prompt="Hi")).code == first


@pytest.mark.parametrize("bundled", [False, True])
def test_a_changed_file_is_read_anew(bundled: bool, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "skill_root", lambda: temporary)
    file = temporary / "references" / ("facts.txtar" if bundled else "tasks/poem.yaml")
    file.parent.mkdir(parents=True)
    for text in ("kind: text\n", "kind: other\n"):
        file.write_text(shelf.joined({"tasks/poem.yaml": text}) if bundled else text)
        forget()
        assert catalog._read("references", "tasks/poem.yaml") == {"kind": text.split()[1]}  # noqa: SLF001
    for broken in temporary.rglob("tasks-poem-*.json"):
        broken.write_text("{not json")
    forget()
    assert catalog._read("references", "tasks/poem.yaml") == {"kind": "other"}  # noqa: SLF001


def test_another_text_of_the_same_size_and_time_is_read_anew(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "skill_root", lambda: temporary)
    file = temporary / "references" / "tasks" / "poem.yaml"
    file.parent.mkdir(parents=True)
    for kind in ("text", "tale"):
        file.write_text(f"kind: {kind}\n")
        os.utime(file, (1, 1))
        forget()
        assert catalog._read("references", "tasks/poem.yaml") == {"kind": kind}  # noqa: SLF001


def test_what_the_cache_cannot_hold_is_read_each_time(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "skill_root", lambda: temporary)
    file = temporary / "references" / "tasks" / "poem.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("seen: 2026-11-25\n")
    for _ in range(2):
        forget()
        assert str(catalog._read("references", "tasks/poem.yaml")["seen"]) == "2026-11-25"  # noqa: SLF001
    assert not list(temporary.rglob("tasks-poem-*"))


def test_a_temporary_folder_that_hands_its_group_down_holds_a_cache(temporary: Path) -> None:
    temporary.chmod(0o2700)
    assert paths.cache_folder() is not None


def test_a_folder_of_another_user_is_not_used(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    (temporary / f"chat-completions-{mine + 1}").mkdir(mode=0o700)
    assert paths.cache_folder() is None


def test_a_disk_that_takes_nothing_keeps_no_program_from_being_written(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    monkeypatch.setattr(Path, "write_text", full)
    assert "Hi" in make(Request("aitoll", prompt="Hi")).code
    assert not [path for path in temporary.rglob("*") if path.is_file()]


def test_a_folder_that_others_could_write_is_not_used(temporary: Path) -> None:
    folder = temporary / f"chat-completions-{os.getuid()}"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    assert paths.cache_folder() is None
    folder.rmdir()
    (temporary / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(temporary / "elsewhere")
    paths.cache_folder.cache_clear()
    assert paths.cache_folder() is None
    folder.unlink()
    paths.cache_folder.cache_clear()
    made = paths.cache_folder()
    assert made is not None
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
