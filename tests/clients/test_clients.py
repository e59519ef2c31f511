"""Real agents find the skill, load it, run its script, and give back what it said."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from chat_completions.generate import generate_program
from chat_completions.planning.types import ProgramRequest
from clients import clients
from clients.clients import ASK, MODULES, Home, ask_claude, ask_codex, claude, codex, gemini, new_home
from clients.scripted_model import Model, listed_folder, serving
from support.packed import OFFLINE, ROOT, pack_archives, run, unpack

SAID = "Model: "
DESCRIPTION = re.findall(r"^description: (.*)$", (ROOT / "SKILL.md").read_text(encoding="utf-8"), re.MULTILINE)[0]
PROGRAM = generate_program(ProgramRequest("aitoll", prompt="Say hello")).code


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


def install(home: Home, *arguments: object) -> None:
    result = run(home.path, "install", *arguments, cwd=home.work)
    assert result.returncode == 0, result.stderr


def wrote(home: Home) -> None:
    """The agent's folder holds the program, and nothing else."""
    assert (home.work / "ask.py").read_text(encoding="utf-8") == PROGRAM
    assert [path.name for path in home.work.iterdir() if path.name[0] != "."] == ["ask.py"]


def shown(model: Model) -> str:
    """All that the model was sent first, where the skills are listed."""
    return json.dumps(next(request for request in model.requests if "tools" in request), ensure_ascii=False)


@pytest.mark.parametrize("agent", ASK)
def test_installed_listed_loaded_run_and_answered(agent: str, home: Home) -> None:
    install(home, "--agent", agent)
    with serving() as model:
        answer = ASK[agent](home, model)
    assert json.dumps(DESCRIPTION)[1:60] in shown(model)
    assert shown(model).count(DESCRIPTION[:80]) == 1  # once, however many places the agent reads
    assert SAID in answer.rpartition("It said")[2]
    wrote(home)
    assert "Never write gateway code from memory" in json.dumps(model.requests[-1])  # SKILL.md was loaded
    assert run(home.path, "uninstall", "--agent", agent).stdout.startswith("Removed")


@pytest.mark.parametrize("agent", ASK)
def test_installed_for_one_project(agent: str, home: Home) -> None:
    install(home, "--agent", agent, "--project")
    with serving() as model:
        assert SAID in ASK[agent](home, model).rpartition("It said")[2]
    wrote(home)


def test_claude_names_the_skill_at_its_start(home: Home) -> None:
    install(home, "--agent", "claude")
    with serving() as model:
        events = [json.loads(line) for line in ask_claude(home, model).splitlines()]
    start = next(event for event in events if event.get("subtype") == "init")
    assert "chat-completions" in start["skills"]
    assert events[-1]["permission_denials"] == []


def test_claude_in_a_home_of_another_name(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    other = home.path / "elsewhere"
    assert run(home.path, "install", "--agent", "claude", CLAUDE_CONFIG_DIR=str(other)).returncode == 0
    original = claude
    monkeypatch.setattr(
        clients,
        "claude",
        lambda home, *arguments, **env: original(home, *arguments, CLAUDE_CONFIG_DIR=str(other), **env),
    )
    with serving() as model:
        assert SAID in ask_claude(home, model).rpartition("It said")[2]


def test_codex_runs_it_without_network_in_a_home_that_is_read_only(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    install(home, "--agent", "codex")
    probe = "touch ~/probe; python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 9))' 2>&1 | tail -1; "
    monkeypatch.setattr(
        "clients.scripted_model.COMMAND", probe + "python3 '{skill}/scripts/chat-completions.py' list tasks"
    )
    with serving() as model:
        answer = ask_codex(home, model)
    assert "Read-only file system" in answer or "Permission denied" in answer
    assert re.search(r"PermissionError|Operation not permitted", answer)
    assert "ask a question and print the answer" in answer
    assert not (home.path / "probe").exists()


@pytest.mark.parametrize("tree", [ROOT, "plugin"])
def test_the_manifests_are_valid(tree: Any, home: Home) -> None:
    folder = pack_archives() / tree if tree == "plugin" else tree
    for path in (folder, folder / ".claude-plugin" / "plugin.json"):
        result = claude(home, "plugin", "validate", "--strict", path)
        assert result.returncode == 0, result.stdout


def test_as_a_plugin_of_claude(home: Home) -> None:
    for arguments in (
        ["marketplace", "add", pack_archives() / "plugin"],
        ["install", "chat-completions@chat-completions"],
    ):
        result = claude(home, "plugin", *arguments)
        assert result.returncode == 0, result.stdout + result.stderr
    with serving() as model:
        answer = ask_claude(home, model)
    assert SAID in answer.rpartition("It said")[2]
    assert "chat-completions:chat-completions" in answer
    wrote(home)


def test_claude_takes_the_tree_for_plugins_for_one_session(home: Home) -> None:
    with serving() as model:
        answer = ask_claude(home, model, "--plugin-dir", pack_archives() / "plugin")
    assert SAID in answer.rpartition("It said")[2]
    assert "chat-completions:chat-completions" in answer
    wrote(home)


def test_as_a_plugin_of_codex(home: Home) -> None:
    for arguments in (["marketplace", "add", pack_archives() / "plugin"], ["add", "chat-completions@chat-completions"]):
        result = codex(home, "plugin", *arguments)
        assert result.returncode == 0, result.stdout + result.stderr
    with serving() as model:
        assert SAID in ask_codex(home, model).rpartition("It said")[2]
    wrote(home)


def test_by_the_installer_that_codex_brings(home: Home, tmp_path: Path) -> None:
    codex(home, "debug", "prompt-input", "hi")  # unpacks its own skills
    installer = next((home.path / ".codex").rglob("install-skill-from-github.py"))
    repository = _repository(tmp_path / "repository")
    env = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/owner/repository.git",
    }
    where = ["--repo", "owner/repository", "--path", "skills/chat-completions", "--method", "git"]
    result = home.run("python3", installer, *where, **env)
    assert result.returncode == 0, result.stderr
    listing = codex(home, "debug", "prompt-input", "hi").stdout
    assert listed_folder(listing) == str(home.path / ".codex" / "skills" / "chat-completions")
    with serving() as model:
        assert SAID in ask_codex(home, model).rpartition("It said")[2]


def test_by_the_skills_cli(tmp_path: Path) -> None:
    for number, source in enumerate([pack_archives() / "plugin", unpack(pack_archives() / OFFLINE, tmp_path / "x")]):
        other = new_home(tmp_path / str(number))
        agents = ["-a", "claude-code", "codex", "-g", "-y", "--copy"]
        result = other.run("node", MODULES / ".bin" / "skills", "add", source, *agents, DISABLE_TELEMETRY="1")
        assert result.returncode == 0, result.stdout + result.stderr
        with serving() as model:
            assert SAID in ask_claude(other, model).rpartition("It said")[2]
        wrote(other)
        (other.work / "ask.py").unlink()
        with serving() as model:
            assert SAID in ask_codex(other, model).rpartition("It said")[2]
        wrote(other)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_by_gemini_s_own_command(kind: str, home: Home, tmp_path: Path) -> None:
    source = unpack(pack_archives() / OFFLINE, tmp_path / "x")
    if kind == "zip":
        source = tmp_path / "chat-completions.skill"
        source.write_bytes((pack_archives() / OFFLINE).read_bytes())
    result = gemini(home, "skills", "install", source, "--consent")
    assert result.returncode == 0, result.stdout + result.stderr
    assert (home.path / ".gemini" / "skills" / "chat-completions" / "SKILL.md").is_file()
    with serving() as model:
        assert SAID in clients.ask_gemini(home, model).rpartition("It said")[2]
    wrote(home)


def _repository(folder: Path) -> Path:
    """The tree for plugins as a git repository."""
    subprocess.run(["cp", "-r", pack_archives() / "plugin", folder], check=True)
    me = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], [*me, "commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env={**os.environ, "HOME": str(folder)})
    return folder
