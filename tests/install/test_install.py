"""`install`, `uninstall` and `list installed`: where the skill goes, and what they leave alone."""

import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path

import pytest
from chat_completions import __version__
from chat_completions.cli import install
from chat_completions.errors import NotOffered
from support.command_line import command
from support.packed import run, tree

OLD = {"SKILL.md": b"version: 1\n", "scripts/chat-completions.py": b"old = 1\n", "scripts/gone.py": b"old = 1\n"}
NEW = {"SKILL.md": b"version: 2\n", "scripts/chat-completions.py": b"new = 1\n", "scripts/more.py": b"new = 1\n"}
CHANGES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod"}


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a skill, beside a home for files of the user's."""
    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path / "config"))
    return tmp_path / "skills" / "chat-completions"


def put(target: Path, files: dict[str, bytes], *, force: bool = False) -> list[str]:
    """Install, and return what was reported."""
    with redirect_stderr(io.StringIO()) as stderr:
        install.replace_skill(target, files, force=force)
    return stderr.getvalue().splitlines()


def remove(target: Path, *, force: bool = False) -> list[str]:
    return put(target, {}, force=force)


def skill(target: Path) -> dict[str, bytes]:
    """The installed files without the marker."""
    return {name: data for name, data in tree(target).items() if name != install.MARKER}


def kept_files(target: Path) -> dict[str, bytes]:
    """The kept files, without the day that their folder is named for."""
    return {name.split("/", 1)[1]: data for name, data in tree(target.parents[1] / "config" / "kept").items()}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and working folder, where the command installs a skill of three files."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    monkeypatch.setattr(install, "skill_files", lambda _root: NEW)
    monkeypatch.setattr(install, "vendored_packages", lambda native: {} if native else None)
    return tmp_path


def run_command(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    """Run the command in this process; return exit code, stdout and stderr."""
    result = command(*arguments, cwd=cwd)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


@pytest.mark.parametrize(
    ("options", "folder"),
    [
        (["--agent", "claude"], ".claude/skills"),
        (["--agent", "codex"], ".agents/skills"),
        (["--agent", "gemini"], ".agents/skills"),
        (["--agent", "openclaw"], ".agents/skills"),
        (["--agent", "codex", "--agent", "gemini"], ".agents/skills"),
        (["--agent", "claude", "--project"], "project/.claude/skills"),
        (["--dir", "some/skills"], "project/some/skills"),
        (["--dir", "~/skills"], "skills"),
    ],
)
def test_it_goes_where_the_agent_looks_and_goes_again(options: list[str], folder: str, home: Path) -> None:
    (home / "project").mkdir()
    target = home / folder / "chat-completions"
    code, stdout, stderr = run_command("install", *options, cwd=home / "project")
    assert (code, stdout) == (0, f"Installed {__version__}: {target}\n"), stderr
    assert skill(target) == NEW
    assert (target / "scripts" / "chat-completions.py").stat().st_mode & 0o777 == 0o755
    assert json.loads((target / install.MARKER).read_text())["version"] == __version__
    code, stdout, _ = run_command("uninstall", *options, cwd=home / "project")
    assert (code, stdout, tree(home)) == (0, f"Removed: {target}\n", {})
    assert run_command("uninstall", *options, cwd=home / "project") == (0, "", f"Nothing is installed in {target}.\n")


def test_claude_may_have_another_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "claude"))
    run_command("install", "--agent", "claude", cwd=home)
    assert skill(home / "claude" / "skills" / "chat-completions") == NEW


def test_all_agents_need_two_folders_and_each_runs_alone(tmp_path: Path) -> None:
    assert run(tmp_path, "install", "--agent", "all").stdout.count("Installed") == 2
    for folder in (".claude/skills", ".agents/skills"):
        scripts = tmp_path / folder / "chat-completions" / "scripts"
        before = list(scripts.rglob("*"))
        assert any(path.name.endswith(f"{sys.implementation.cache_tag}.pyc") for path in before)
        arguments = [sys.executable, "-I", "-S", str(scripts / "chat-completions.py"), "choose", "--task", "code"]
        result = subprocess.run(arguments, env={"HOME": "/nonexistent"}, capture_output=True, text=True, check=False)
        assert result.stdout.startswith("Model: "), result.stderr
        assert list(scripts.rglob("*")) == before  # compiled already: nothing had to be written
    rows = json.loads(run(tmp_path, "list", "installed", "--format", "json").stdout)
    installed = [(row["agents"], row["version"], row["marked"]) for row in rows]
    assert installed == [(["claude"], __version__, True), (["codex", "gemini", "openclaw"], __version__, True)]
    for arguments in (["install", "--agent", "all"], ["uninstall", "--agent", "all"], ["list", "installed"]):
        result = subprocess.run(
            [sys.executable, str(scripts / "chat-completions.py"), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (result.returncode, "pip install" in result.stderr) == (3, True), result.stderr
    assert run(tmp_path, "uninstall", "--agent", "all").returncode == 0
    assert tree(tmp_path) == {}


def test_list_installed_shows_copies_that_install_did_not_make(home: Path) -> None:
    assert run_command("list", "installed", cwd=home)[1] == ""
    other = home / ".codex" / "skills" / "chat-completions"
    other.mkdir(parents=True)
    (other / "SKILL.md").write_text('metadata:\n  version: "0.1"\n')
    assert run_command("list", "installed", cwd=home)[1] == f"codex\t0.1\t{other}\n"
    assert f"also in {other}" in run_command("install", "--agent", "codex", cwd=home)[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Which agent?"),
        (["--agent", "claud"], "'claud' is not one of 'claude'"),
        (["--dir", "x", "--project"], "--dir PATH alone"),
        (["--dir", "x", "--agent", "claude"], "--dir PATH alone"),
        (["--dir", "~nobody-of-that-name/x"], "Choose a folder with --dir"),
    ],
)
def test_wrong_use_is_one_sentence_and_leaves_nothing(options: list[str], message: str, home: Path) -> None:
    code, _, stderr = run_command("install", *options, cwd=home)
    assert (code, message in stderr, stderr.count("\n")) == (2, True, 2), stderr
    assert list(home.iterdir()) == []


def test_an_upgrade_keeps_changed_and_added_files_elsewhere_and_says_so(target: Path) -> None:
    put(target, OLD)
    (target / "SKILL.md").write_bytes(b"version: 1\nmine\n")
    (target / "references").mkdir()
    (target / "references" / "mine.yaml").write_bytes(b"name: Mine\n")
    (target / "references" / "link").symlink_to(target.parents[1])
    (report,) = put(target, NEW)
    assert str(target.parents[1] / "config" / "kept") in report
    assert skill(target) == NEW
    assert kept_files(target) == {"SKILL.md": b"version: 1\nmine\n", "references/mine.yaml": b"name: Mine\n"}
    assert next(target.parents[1].glob("config/kept/*/references/link")).is_symlink()
    assert put(target, NEW) == []  # a second time there is nothing to keep
    (target / "SKILL.md").write_bytes(b"mine again\n")
    assert len(remove(target)) == 1
    assert not target.exists()
    assert b"mine again\n" in tree(target.parents[1] / "config").values()


def test_what_no_person_made_is_not_kept(target: Path) -> None:
    put(target, OLD)
    (target / ".DS_Store").write_bytes(b"x")
    (target / "scripts" / "__pycache__" / "x.cpython-999.pyc").write_bytes(b"x")
    assert (remove(target), list(target.parent.iterdir())) == ([], [])


@pytest.mark.parametrize("marker", [None, "null", "[]", "{}", '{"made_by": "chat-completions install"}', "\xff"])
def test_a_foreign_folder_is_refused_and_kept_whole_by_force(marker: str | None, target: Path) -> None:
    target.mkdir(parents=True)
    (target / "SKILL.md").write_bytes(b"another skill\n")
    if marker:
        (target / install.MARKER).write_text(marker, encoding="latin-1")
    before = tree(target)
    for action in (partial(put, target, NEW), partial(remove, target)):
        with pytest.raises(NotOffered, match="was not made by `install`"):
            action()
        assert tree(target) == before
    assert "are now in" in put(target, NEW, force=True)[0]
    assert skill(target) == NEW
    assert kept_files(target) == before


def test_force_removes_a_foreign_folder_and_keeps_it(target: Path) -> None:
    target.mkdir(parents=True)
    (target / "notes.txt").write_bytes(b"mine\n")
    assert "are now in" in remove(target, force=True)[0]
    assert not target.exists()
    assert kept_files(target) == {"notes.txt": b"mine\n"}


def test_a_link_is_never_followed(target: Path) -> None:
    working_copy = target.parents[1] / "elsewhere" / "chat-completions"
    put(working_copy, OLD)
    before = tree(working_copy)
    target.parent.mkdir()
    target.symlink_to(working_copy)
    for action in (partial(put, target, NEW), partial(remove, target)):
        with pytest.raises(NotOffered):
            action()
    put(target, NEW, force=True)
    assert not target.is_symlink()
    assert skill(target) == NEW
    assert tree(working_copy) == before


def test_a_folder_that_cannot_be_written_is_one_line(home: Path) -> None:
    (home / "skills").write_text("a file")
    code, _, stderr = run_command("install", "--dir", "skills", cwd=home)
    assert code == 2
    assert stderr.startswith("Error: --dir 'skills' is a file.")


def test_a_rename_that_fails_brings_the_old_skill_back(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(target, OLD)
    rename = Path.rename

    def fail(path: Path, to: Path) -> Path:
        if path.name.endswith(".tmp"):
            raise OSError(5, "Input/output error", str(path))
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="Input/output error"):
        put(target, NEW)
    assert skill(target) == OLD
    assert [path.name for path in target.parent.iterdir()] == ["chat-completions"]


@pytest.mark.parametrize("removing", [False, True])
def test_a_run_that_is_killed_at_any_step_is_finished_by_the_next(removing: bool, target: Path) -> None:
    for step in range(1, 200):
        put(target, OLD)
        (target / "mine.yaml").write_bytes(b"mine")
        code = _run_until(step, target, removing=removing)
        old = target.with_name(".chat-completions.old")
        if not removing:  # in the one moment between two renames the old skill waits beside its place
            assert skill(target if target.exists() else old) in (OLD | {"mine.yaml": b"mine"}, OLD, NEW), step
        remove(target) if removing else put(target, NEW)
        assert skill(target) == ({} if removing else NEW), step
        assert [path.name for path in target.parent.iterdir()] == ["chat-completions"] * (not removing), step
        assert b"mine" in kept_files(target).values()
        shutil.rmtree(target.parents[1] / "config")
        if code == 0:
            assert step > 5
            return
    pytest.fail("it never ran to its end")


def _run_until(step: int, target: Path, *, removing: bool) -> int:
    """Install or remove in a child that dies before the `step`-th change of the file system."""
    child = os.fork()
    if child == 0:
        left = [step]

        def watch(event: str, args: tuple[object, ...]) -> None:
            if event in CHANGES and (event != "open" or "w" in str(args[1])):
                left[0] -= 1
                if left[0] == 0:
                    os._exit(9)

        sys.addaudithook(watch)
        remove(target) if removing else put(target, NEW)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
