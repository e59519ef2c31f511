"""SKILL.md and README: their limits, and that every command in them works."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from chat_completions import __version__

ROOT = Path(__file__).resolve().parents[1]
SKILL = (ROOT / "SKILL.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FRONT = yaml.safe_load(SKILL.split("---")[1])
SETS_UP = ("python3 -m venv", ".venv/bin/pip", "npm ci", ".venv/bin/python -m pytest")


def commands(text: str) -> list[str]:
    """The lines of all bash blocks of a document."""
    return [
        line
        for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line.strip()
    ]


def test_the_front_matter_is_what_clients_load() -> None:
    assert FRONT["name"] == "chat-completions"
    assert set(FRONT) == {"name", "description", "license", "compatibility", "metadata"}
    assert len(FRONT["description"]) <= 512  # clients take twice as much, strict scans do not
    assert not re.search(r"[<>]|---", FRONT["description"])
    for word in ("AITOLL", "AIReiter", "AINative", "AIClient-2-API", "OpenAI-compatible", "base_url"):
        assert word in FRONT["description"]
    assert len(FRONT["compatibility"]) <= 500
    assert all(line.count("\n") == 0 for line in map(str, FRONT.values()))


def test_the_skill_is_short() -> None:
    assert len(SKILL.splitlines()) <= 150
    # A token is 3.5 characters or more in English prose with code.
    assert len(SKILL) / 3.5 <= 1500


def test_versions_agree() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in project
    assert FRONT["metadata"]["version"] == __version__
    assert f"## {__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_reminder_is_literal() -> None:
    assert 'export AITOLL_API_KEY="your-key"' in SKILL


def test_every_reference_exists_and_says_when_to_read_it() -> None:
    for name in re.findall(r"`(references/[\w.-]+)`", SKILL):
        assert (ROOT / name).is_file()
    for name in ("models", "api-reference", "code-examples"):
        assert f"`references/{name}.md`" in SKILL
        assert "Read when" in (ROOT / "references" / f"{name}.md").read_text(encoding="utf-8")
    assert SKILL.count("Read\n  when") + SKILL.count("Read when") >= 4


@pytest.mark.parametrize("line", [*commands(SKILL), *commands(README)])
def test_every_command_works(line: str, tmp_path: Path) -> None:
    if line.startswith(SETS_UP):
        assert line in (ROOT / ".ci" / "run").read_text(encoding="utf-8")  # CI runs these
        return
    command = shlex.split(line)
    if command[0] == "python3":
        command = [sys.executable, str(ROOT / command[1]), *command[2:]]
    else:
        assert Path(command[0]).name == "chat-completions"
        command = [str(Path(sys.executable).with_name("chat-completions")), *command[1:]]
    env = {**os.environ, "HOME": str(tmp_path)}  # `install` writes there
    result = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "Error" not in result.stderr


def test_the_readme_s_gateway_file_works(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert block
    assert block[1] in SKILL
    (tmp_path / "mine.yaml").write_text(block[1])
    command = [
        sys.executable,
        str(ROOT / "scripts" / "chat-completions.py"),
        "write",
        "Hello",
        "--gateway",
        "mine.yaml",
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert "MINE_API_KEY" in result.stdout
