"""`install`, `uninstall` and `list installed`: where the skill goes, and what they leave alone."""

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.packed import DOOR, OFFLINE, ROOT, packed, run, tree, unpacked

AGENTS = {
    "claude": ".claude/skills",
    "codex": ".agents/skills",
    "gemini": ".agents/skills",
    "openclaw": ".agents/skills",
}


def skill(home: Path, agent: str = "claude") -> Path:
    return home / AGENTS[agent] / "chat-completions"


def written(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """A program, by an interpreter without any package, as an agent calls it."""
    door = folder / "scripts" / "chat-completions.py"
    command = [sys.executable, "-I", "-S", str(door), "write", "Say hello", "--output", str(home / "tmp" / "ask.py")]
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TMPDIR": str(home / "tmp")}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("agent", AGENTS)
def test_it_goes_where_the_agent_looks_and_goes_again(agent: str, tmp_path: Path) -> None:
    ran = run(tmp_path, "install", "--agent", agent)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith(f": {skill(tmp_path, agent)}\n")
    assert (skill(tmp_path, agent) / "SKILL.md").is_file()
    gone = run(tmp_path, "uninstall", "--agent", agent)
    assert gone.stdout.startswith("Removed for ")
    assert list(tmp_path.iterdir()) == [tmp_path / "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_all_agents_need_two_folders_and_each_writes_programs_offline(tmp_path: Path) -> None:
    ran = run(tmp_path, "install", "--agent", "all")
    assert ran.stdout.count("Installed") == 2
    for agent in ("claude", "codex"):
        before = tree(skill(tmp_path, agent))
        wrote = written(skill(tmp_path, agent), tmp_path)
        assert wrote.returncode == 0, wrote.stderr
        assert "requests" in (tmp_path / "tmp" / "ask.py").read_text()
        assert tree(skill(tmp_path, agent)) == before  # compiled already: nothing had to be written
    assert any(name.endswith(f"{sys.implementation.cache_tag}.pyc") for name in before)
    rows = json.loads(run(tmp_path, "list", "installed", "--format", "json").stdout)
    assert [(one["agents"], one["made_by_install"]) for one in rows] == [
        (["claude"], True),
        (["codex", "gemini", "openclaw"], True),
    ]
    assert run(tmp_path, "uninstall", "--agent", "all").returncode == 0
    assert run(tmp_path, "list", "installed", "--format", "json").stdout == "[]\n"
    assert run(tmp_path, "list", "installed").stdout.strip() == ""


def test_it_is_compiled_for_the_python_of_agents_too(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python3"
    log = tmp_path / "tmp" / "log"
    python.write_text(f'#!/bin/sh\necho "$@" >> {log}\necho cpython-999\n')
    python.chmod(0o755)
    run(tmp_path, "install", "--agent", "claude", PATH=f"{tmp_path}/bin:/usr/bin:/bin")
    assert re.search(r"-m compileall .*checked-hash \S+/scripts$", log.read_text().splitlines()[-1])
    python.write_text("#!/bin/sh\nexit 1\n")
    assert run(tmp_path, "install", "--agent", "claude", PATH=f"{tmp_path}/bin:/usr/bin:/bin").returncode == 0


def test_a_project_a_folder_and_another_home_of_claude(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    assert run(tmp_path, "install", "--agent", "claude", "--project", cwd=project).returncode == 0
    assert (skill(project) / "SKILL.md").is_file()
    assert run(tmp_path, "install", "--dir", "some/skills", cwd=project).returncode == 0
    assert (project / "some/skills/chat-completions/SKILL.md").is_file()
    assert run(tmp_path, "install", "--agent", "claude", CLAUDE_CONFIG_DIR=str(tmp_path / "c")).returncode == 0
    assert (tmp_path / "c/skills/chat-completions/SKILL.md").is_file()
    for words in (["--agent", "claude", "--project"], ["--dir", "some/skills"]):
        assert run(tmp_path, "uninstall", *words, cwd=project).returncode == 0
    assert list(project.iterdir()) == []


def test_the_live_rooms_stay_outside_and_say_so(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    rooms = {one.name for one in (skill(tmp_path) / "scripts" / "chat_completions").iterdir()}
    assert not rooms & {"live", "installing"}
    door = [sys.executable, str(skill(tmp_path) / "scripts" / "chat-completions.py")]
    for words in (
        ["install", "--agent", "all"],
        ["uninstall", "--agent", "all"],
        ["list", "installed"],
        ["write", "--run"],
    ):
        ran = subprocess.run([*door, *words], capture_output=True, text=True, check=False)
        assert ran.returncode == 3, words
        assert re.search(r"Hint: .*(pip install |README)", ran.stderr), ran.stderr


def test_upgrading_keeps_what_is_the_users(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    gateways = skill(tmp_path) / "references" / "gateways"
    gateways.mkdir()
    (gateways / "mine.yaml").write_text("name: Mine\n")
    shipped = skill(tmp_path) / "references" / "facts.txtar"
    original = shipped.read_bytes()
    shipped.write_bytes(original + b"# my remark\n")
    config = tmp_path / ".config" / "chat-completions" / "gateways"
    config.mkdir(parents=True)
    (config / "other.yaml").write_text("name: Other\n")
    again = run(tmp_path, "install", "--agent", "claude")
    assert again.returncode == 0
    assert f"{shipped.name}.yours beside it" in again.stderr
    assert (gateways / "mine.yaml").read_text() == "name: Mine\n"
    assert shipped.read_bytes() == original
    assert shipped.with_name(f"{shipped.name}.yours").read_bytes() == original + b"# my remark\n"
    rows = json.loads(run(tmp_path, "list", "installed", "--format", "json").stdout)
    assert len(rows[0]["own_files"]) == 2
    gone = run(tmp_path, "uninstall", "--agent", "claude")
    assert "Kept, because it is yours" in gone.stderr
    kept = {"references/gateways/mine.yaml", "references/facts.txtar.yours"}
    assert set(tree(skill(tmp_path))) == kept | {".installed.json"}
    assert run(tmp_path, "list", "installed").stdout == ""
    assert "Kept, because it is yours" in run(tmp_path, "uninstall", "--agent", "claude").stderr
    assert run(tmp_path, "install", "--agent", "claude").returncode == 0  # goes around them
    assert kept < set(tree(skill(tmp_path)))
    assert run(tmp_path, "uninstall", "--agent", "claude", "--force").returncode == 0
    assert not skill(tmp_path).exists()
    assert (config / "other.yaml").is_file()


def test_a_folder_of_somebody_else_is_left_alone_unless_forced(tmp_path: Path) -> None:
    mine = skill(tmp_path) / "references" / "gateways" / "mine.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("name: Mine\n")
    (skill(tmp_path) / "SKILL.md").write_text("another skill\n")
    before = tree(tmp_path)
    for command in ("install", "uninstall"):
        ran = run(tmp_path, command, "--agent", "claude")
        assert ran.returncode == 3
        assert "was not made by `install`" in ran.stderr
        assert "--force" in ran.stderr
        assert tree(tmp_path) == before
    assert run(tmp_path, "install", "--agent", "claude", "--force").returncode == 0
    assert mine.read_text() == "name: Mine\n"
    assert "another skill" not in (skill(tmp_path) / "SKILL.md").read_text()


def test_a_gateway_file_that_was_shipped_alone_is_kept_only_where_it_was_changed(tmp_path: Path) -> None:
    gateways = skill(tmp_path) / "references" / "gateways"
    shutil.copytree(ROOT / "references" / "gateways", gateways)
    with (gateways / "aitoll.yaml").open("a") as file:
        file.write("# my remark\n")
    ran = run(tmp_path, "install", "--agent", "claude", "--force")
    assert "You had changed references/gateways/aitoll.yaml: yours is now aitoll.yaml.yours beside it" in ran.stderr
    assert [one.name for one in gateways.iterdir()] == ["aitoll.yaml.yours"]


def test_what_was_added_to_an_unpacked_skill_is_kept_by_force(tmp_path: Path) -> None:
    unpacked(packed() / OFFLINE, skill(tmp_path).parent)
    added = ["references/tasks/poem.yaml", "references/gateways/aitoll.yaml", "templates/ruby/language.yaml"]
    for name in added:
        (skill(tmp_path) / name).parent.mkdir(parents=True, exist_ok=True)
        (skill(tmp_path) / name).write_text(f"of mine: {name}\n")
    (skill(tmp_path) / "references" / "models.md").write_text("of another version\n")
    (skill(tmp_path) / "templates" / "old").mkdir()
    ran = run(tmp_path, "install", "--agent", "claude", "--force")
    assert ran.returncode == 0
    found = tree(skill(tmp_path))
    for name in added:
        kept = f"{name}.yours" if name == "references/gateways/aitoll.yaml" else name
        assert found[kept].decode() == f"of mine: {name}\n"
    assert not [name for name in found if "models.md." in name]


def test_removing_for_one_agent_says_who_else_looked_there(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "codex")
    assert run(tmp_path, "uninstall", "--agent", "codex").stderr == "It was there for Gemini CLI, OpenClaw too.\n"


def test_without_a_home_or_a_folder_to_be_in_it_says_so(tmp_path: Path) -> None:
    ran = run(tmp_path, "install", "--agent", "claude", HOME="")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 2)
    assert "no home folder" in ran.stderr
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'rmdir "{gone}"; exec "{sys.executable}" "{DOOR}" install --agent claude --project'
    again = subprocess.run(["sh", "-c", command], cwd=gone, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "The current folder is gone" in again.stderr


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "SKILL.md").write_text("a working copy\n")
    skill(tmp_path).parent.mkdir(parents=True)
    skill(tmp_path).symlink_to(elsewhere)
    assert run(tmp_path, "install", "--agent", "claude").returncode == 3
    assert run(tmp_path, "install", "--agent", "claude", "--force").returncode == 0
    assert not skill(tmp_path).is_symlink()
    assert tree(elsewhere) == {"SKILL.md": b"a working copy\n"}


def test_a_link_to_a_folder_of_ours_is_one_somebody_else_made(tmp_path: Path) -> None:
    run(tmp_path, "install", "--dir", tmp_path)
    real = tmp_path / "chat-completions"
    (real / "references" / "gateways").mkdir()
    (real / "references" / "gateways" / "mine.yaml").write_text("name: Mine\n")
    before = tree(real)
    skill(tmp_path).parent.mkdir(parents=True)
    skill(tmp_path).symlink_to(real)
    for command in ("install", "uninstall"):
        assert run(tmp_path, command, "--agent", "claude").returncode == 3
    assert run(tmp_path, "install", "--agent", "claude", "--force").returncode == 0
    assert not (skill(tmp_path) / "references" / "gateways").exists()  # it belongs to the other folder
    assert run(tmp_path, "uninstall", "--agent", "claude").returncode == 0
    assert tree(real) == before


def test_the_door_can_be_run_and_a_link_of_the_user_s_stays_one(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    assert (skill(tmp_path) / "scripts" / "chat-completions.py").stat().st_mode & 0o777 == 0o755
    (tmp_path / "mine.yaml").write_text("name: Mine\n")
    link = skill(tmp_path) / "references" / "gateways" / "mine.yaml"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "mine.yaml")
    assert run(tmp_path, "install", "--agent", "claude").returncode == 0
    assert link.is_symlink()
    assert "mine.yaml" in run(tmp_path, "uninstall", "--agent", "claude").stderr
    assert link.is_symlink()


def test_a_second_place_that_the_agent_reads_is_told(tmp_path: Path) -> None:
    other = tmp_path / ".codex" / "skills" / "chat-completions"
    other.mkdir(parents=True)
    (other / "SKILL.md").write_text("x")
    ran = run(tmp_path, "install", "--agent", "codex")
    assert f"will list the skill twice: remove {other}" in ran.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Which agent?"),
        (["--agent", "claud"], "Did you mean 'claude'?"),
        (["--agent", "claude", "--dir", "x", "--project"], "contradict"),
        (["--agent", "claude", "--sha256", "0" * 64], "--from"),
        (["--dir", "/dev/null"], "cannot be written"),
        (["--dir", ""], "--dir is empty"),
        (["--dir", "~nobody-of-that-name/x"], "no home folder for '~nobody-of-that-name/x'"),
    ],
)
def test_wrong_use_is_one_sentence_and_leaves_nothing(words: list[str], said: str, tmp_path: Path) -> None:
    ran = run(tmp_path, "install", *words)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stderr.count("\n") <= 2
    assert list(tmp_path.iterdir()) == [tmp_path / "tmp"]


def test_what_no_person_made_goes_with_the_rest(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    for name in (".DS_Store", "scripts/__pycache__/x.cpython-999.pyc"):
        (skill(tmp_path) / name).parent.mkdir(exist_ok=True)
        (skill(tmp_path) / name).write_bytes(b"x")
    assert run(tmp_path, "uninstall", "--agent", "claude").returncode == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "tmp"]


def test_several_at_once_wait_for_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        ran = list(pool.map(lambda _: run(tmp_path, "install", "--agent", "claude"), range(3)))
    assert [one.returncode for one in ran] == [0, 0, 0]
    assert [one.name for one in skill(tmp_path).parent.iterdir()] == ["chat-completions"]
    assert run(tmp_path, "uninstall", "--agent", "claude").stderr == ""
    assert list(tmp_path.iterdir()) == [tmp_path / "tmp"]


def test_nothing_to_remove_is_no_fault(tmp_path: Path) -> None:
    ran = run(tmp_path, "uninstall", "--agent", "all")
    assert ran.returncode == 0
    assert ran.stderr.count("Nothing is installed") == 2


def test_every_edit_of_a_shipped_file_is_kept(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    for words in ("FIRST", "SECOND"):
        with (skill(tmp_path) / "SKILL.md").open("a") as file:
            file.write(words)
        assert run(tmp_path, "install", "--agent", "claude").returncode == 0
    kept = [data for name, data in tree(skill(tmp_path)).items() if name.startswith("SKILL.md.yours")]
    assert sorted(data[-5:] for data in kept) == [b"ECOND", b"FIRST"]


def test_hidden_neighbours_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "LICENSE").write_text("mine")
    beside = skill(tmp_path).parent
    beside.mkdir(parents=True)
    (beside / ".chat-completions-link").symlink_to(tmp_path / "victim")
    (tmp_path / "empty").mkdir()
    (beside / ".chat-completions-empty").symlink_to(tmp_path / "empty")
    (beside / ".chat-completions-file").write_text("mine")
    for name in ("old", "new", "-folder"):
        (beside / f".chat-completions{name}" / "old").mkdir(parents=True)
        (beside / f".chat-completions{name}" / "mine").write_text("mine")
    before = tree(tmp_path)
    assert run(tmp_path, "install", "--agent", "claude").returncode == 0
    assert before.items() <= tree(tmp_path).items()
    assert run(tmp_path, "uninstall", "--agent", "claude").returncode == 0
    assert tree(tmp_path) == before
    assert (beside / ".chat-completions-link").is_symlink()
    assert (beside / ".chat-completions-empty").is_symlink()


def test_a_shipped_file_that_was_changed_stays_under_a_name_nothing_reads(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    with (skill(tmp_path) / "SKILL.md").open("a") as file:
        file.write("of mine")
    gone = run(tmp_path, "uninstall", "--agent", "claude")
    assert "SKILL.md.yours" in gone.stderr
    assert set(tree(skill(tmp_path))) == {"SKILL.md.yours", ".installed.json"}
    assert run(tmp_path, "list", "installed").stdout == ""


def test_lines_that_git_ends_as_windows_does_are_no_edit(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    for path in skill(tmp_path).rglob("*.md"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run(tmp_path, "install", "--agent", "claude").stderr.count("You had changed") == 0


def test_a_skill_that_moved_removes_no_folder_of_its_first_place(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    project.mkdir()
    run(tmp_path, "install", "--agent", "claude", "--project", cwd=project)
    shutil.move(skill(project), other / "a" / "chat-completions")
    (project / "empty").mkdir()
    assert run(tmp_path, "uninstall", "--dir", "a", cwd=other).returncode == 0
    assert (project / ".claude" / "skills").is_dir()
    assert [one.name for one in other.iterdir()] == ["a"]


@pytest.mark.parametrize("note", ["null", "[]", "{}", '{"made_by": "chat-completions install"}', "\xff"])
def test_a_note_that_is_none_makes_the_folder_somebody_else_s(note: str, tmp_path: Path) -> None:
    skill(tmp_path).mkdir(parents=True)
    (skill(tmp_path) / ".installed.json").write_text(note, encoding="latin-1")
    assert run(tmp_path, "install", "--agent", "claude").returncode == 3


def test_the_note_of_version_0_2_0_is_understood(tmp_path: Path) -> None:
    run(tmp_path, "install", "--agent", "claude")
    note = json.loads((skill(tmp_path) / ".installed.json").read_text())
    assert note["parents"] == ["skills", ".claude"]
    note["parents"] = [str(skill(tmp_path).parents[0]), str(skill(tmp_path).parents[1])]
    (skill(tmp_path) / ".installed.json").write_text(json.dumps(note))
    assert run(tmp_path, "uninstall", "--agent", "claude").returncode == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "tmp"]
