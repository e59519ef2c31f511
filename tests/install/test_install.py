"""`install`, `uninstall` and `list installed`: where the skill goes, and what they leave alone."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from chat_completions import install
from chat_completions.errors import BadInput, NotOffered
from support.packed import ENTRY_POINT, run, tree

AGENTS = {"claude": ".claude/skills", **dict.fromkeys(["codex", "gemini", "openclaw"], ".agents/skills")}
OLD = {"SKILL.md": b"version: 1\n", "scripts/chat-completions.py": b"old = 1\n", "scripts/gone.py": b"old = 1\n"}
NEW = {"SKILL.md": b"version: 2\n", "scripts/chat-completions.py": b"new = 1\n", "scripts/more.py": b"new = 1\n"}
CHANGES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod"}


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a skill, beside a home for files of the user's."""
    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path / "config"))
    return tmp_path / "skills" / "chat-completions"


def put(target: Path, files: dict[str, bytes], *, force: bool = False) -> list[str]:
    """Install, and return what was said."""
    told: list[str] = []
    install.install_skill(target, files, force=force, tell=told.append)
    return told


def remove(target: Path, *, force: bool = False) -> list[str]:
    told: list[str] = []
    install.uninstall_skill(target, force=force, tell=told.append)
    return told


def skill(target: Path) -> dict[str, bytes]:
    """The installed files without the marker."""
    return {name: data for name, data in tree(target).items() if name != install.MARKER}


def kept(target: Path) -> dict[str, bytes]:
    """The kept files, without the day that their folder is named for."""
    return {name.split("/", 1)[1]: data for name, data in tree(target.parents[1] / "config" / "kept").items()}


@pytest.mark.parametrize("agent", AGENTS)
def test_it_goes_where_the_agent_looks_and_goes_again(agent: str, tmp_path: Path) -> None:
    ran = run(tmp_path, "install", "--agent", agent)
    assert ran.returncode == 0, ran.stderr
    folder = tmp_path / AGENTS[agent] / "chat-completions"
    assert ran.stdout.endswith(f": {folder}\n")
    assert (folder / "scripts" / "chat-completions.py").stat().st_mode & 0o777 == 0o755
    assert run(tmp_path, "uninstall", "--agent", agent).stdout.startswith("Removed for ")
    assert tree(tmp_path) == {}


def test_all_agents_need_two_folders_and_each_runs_alone(tmp_path: Path) -> None:
    assert run(tmp_path, "install", "--agent", "all").stdout.count("Installed") == 2
    for folder in set(AGENTS.values()):
        scripts = tmp_path / folder / "chat-completions" / "scripts"
        before = list(scripts.rglob("*"))
        assert any(path.name.endswith(f"{sys.implementation.cache_tag}.pyc") for path in before)
        command = [sys.executable, "-I", "-S", str(scripts / "chat-completions.py"), "choose", "--task", "code"]
        ran = subprocess.run(command, env={"HOME": "/nonexistent"}, capture_output=True, text=True, check=False)
        assert ran.stdout.startswith("Model: "), ran.stderr
        assert list(scripts.rglob("*")) == before  # compiled already: nothing had to be written
    rows = json.loads(run(tmp_path, "list", "installed", "--format", "json").stdout)
    assert [(row["agents"], row["marked"]) for row in rows] == [
        (["claude"], True),
        (["codex", "gemini", "openclaw"], True),
    ]
    assert run(tmp_path, "uninstall", "--agent", "all").returncode == 0
    assert run(tmp_path, "list", "installed").stdout == ""
    assert run(tmp_path, "uninstall", "--agent", "all").stderr.count("Nothing is installed") == 2


def test_a_project_a_folder_and_another_home_of_claude(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    other = {"CLAUDE_CONFIG_DIR": str(tmp_path / "claude")}
    for words, folder in (
        (["--agent", "claude", "--project"], project / ".claude" / "skills"),
        (["--dir", "some/skills"], project / "some" / "skills"),
        (["--agent", "claude"], tmp_path / "claude" / "skills"),
    ):
        assert run(tmp_path, "install", *words, cwd=project, **other).returncode == 0
        assert (folder / "chat-completions" / "SKILL.md").is_file()
        assert run(tmp_path, "uninstall", *words, cwd=project, **other).returncode == 0
        assert list(folder.iterdir()) == []


def test_the_skill_says_that_installing_needs_the_full_package(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    entry = tmp_path / ".claude/skills/chat-completions/scripts/chat-completions.py"
    for words in (["install", "--agent", "all"], ["uninstall", "--agent", "all"], ["list", "installed"]):
        ran = subprocess.run([sys.executable, str(entry), *words], capture_output=True, text=True, check=False)
        assert (ran.returncode, "pip install" in ran.stderr) == (3, True), ran.stderr


def test_an_upgrade_keeps_changed_and_added_files_elsewhere_and_says_so(target: Path) -> None:
    put(target, OLD)
    (target / "SKILL.md").write_bytes(b"version: 1\nmine\n")
    (target / "references").mkdir()
    (target / "references" / "mine.yaml").write_bytes(b"name: Mine\n")
    (target / "references" / "link").symlink_to(target.parents[1])
    (said,) = put(target, NEW)
    assert "SKILL.md" in said
    assert "references/mine.yaml" in said
    assert skill(target) == NEW
    assert kept(target) == {"SKILL.md": b"version: 1\nmine\n", "references/mine.yaml": b"name: Mine\n"}
    assert next(target.parents[1].glob("config/kept/*/references/link")).is_symlink()
    assert put(target, NEW) == []  # a second time there is nothing to keep
    (target / "SKILL.md").write_bytes(b"mine again\n")
    assert "SKILL.md" in remove(target)[0]
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
    assert "is now" in put(target, NEW, force=True)[0]
    assert skill(target) == NEW
    assert kept(target) == {f"chat-completions/{name}": data for name, data in before.items()}


def test_force_removes_a_foreign_folder_and_keeps_it(target: Path) -> None:
    target.mkdir(parents=True)
    (target / "notes.txt").write_bytes(b"mine\n")
    assert "is now" in remove(target, force=True)[0]
    assert not target.exists()
    assert kept(target) == {"chat-completions/notes.txt": b"mine\n"}


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


def test_a_folder_that_cannot_be_written_is_one_line_and_stays_as_it_is(tmp_path: Path) -> None:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may write everywhere")
    powerless = ["setpriv", "--bounding-set", "-dac_override", "--"] if os.geteuid() == 0 else []
    folder = tmp_path / "skills"
    run(tmp_path, "install", "--dir", folder)
    before = tree(folder)
    folder.chmod(0o555)
    command = [*powerless, sys.executable, str(ENTRY_POINT), "install", "--dir", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    folder.chmod(0o755)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 2), ran.stderr
    assert "cannot be written: Permission denied." in ran.stderr
    assert tree(folder) == before


def test_a_rename_that_fails_brings_the_old_skill_back(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(target, OLD)
    rename = Path.rename

    def fail(path: Path, to: Path) -> Path:
        if path.name.endswith(".tmp"):
            raise OSError(5, "Input/output error", str(path))
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(BadInput, match="Input/output error"):
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
            assert skill(target if target.exists() else old) in (OLD | {"mine.yaml": b"mine"}, NEW), step
        remove(target) if removing else put(target, NEW)
        assert skill(target) == ({} if removing else NEW), step
        assert [path.name for path in target.parent.iterdir()] == ["chat-completions"] * (not removing), step
        assert b"mine" in kept(target).values()
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

        def watch(event: str, given: tuple[object, ...]) -> None:
            if event in CHANGES and (event != "open" or "w" in str(given[1])):
                left[0] -= 1
                if left[0] == 0:
                    os._exit(9)

        sys.addaudithook(watch)
        remove(target) if removing else put(target, NEW)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_second_place_that_the_agent_reads_is_told(tmp_path: Path) -> None:
    other = tmp_path / ".codex" / "skills" / "chat-completions"
    other.mkdir(parents=True)
    (other / "SKILL.md").write_text("x")
    assert f"also in {other}" in run(tmp_path, "install", "--agent", "codex").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Which agent?"),
        (["--agent", "claud"], "Did you mean 'claude'?"),
        (["--dir", "x", "--project"], "--dir needs a folder"),
        (["--dir", ""], "--dir needs a folder"),
        (["--dir", "/dev/null"], "cannot be written"),
        (["--dir", "~nobody-of-that-name/x"], "There is no folder '~nobody-of-that-name/x'"),
        (["--from", "https://example.com/x.zip"], "No such option"),
    ],
)
def test_wrong_use_is_one_sentence_and_leaves_nothing(words: list[str], said: str, tmp_path: Path) -> None:
    ran = run(tmp_path, "install", *words)
    assert (ran.returncode, said in ran.stderr) == (2, True), ran.stderr
    assert ran.stderr.count("\n") <= 2
    assert list(tmp_path.iterdir()) == [tmp_path / "tmp"]


def test_without_a_home_it_says_so(tmp_path: Path) -> None:
    ran = run(tmp_path, "install", "--agent", "claude", HOME="")
    assert (ran.returncode, "no home folder" in ran.stderr) == (2, True)
