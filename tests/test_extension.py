"""A gateway, a task and a language are data: adding one touches no Python."""

import shutil
from pathlib import Path

import pytest
from chat_completions import paths, shelf
from chat_completions.generate import make
from chat_completions.planning.types import ProgramRequest

ROOT = Path(__file__).resolve().parents[1]
RUBY = """name: Ruby
aliases: [rb]
extension: rb
run: ruby {file}
needs: [ruby]
literals: {booleans: ["false", "true"], nothing: nil, keys: quoted, indent: 2, astral: pair, trailing: false}
libraries:
  net-http: {install: "", protocols: [openai-chat]}
"""
TASK = """kind: text
summary: ask for a poem and print it
prompt: Write a poem about the sea.
turns: [{role: user, content: $prompt}]
body:
  openai-chat: {model: $model, messages: $messages}
"""


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("references", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(shelf, "skill_root", lambda: tmp_path)
    assert paths.skill_root() != tmp_path
    return tmp_path


def test_a_new_gateway_is_one_file(copied: Path) -> None:
    text = "name: New One\nbase_url: https://new.example.com/v1\nkey: NEW_ONE_API_KEY\nmodels: [m]\n"
    (copied / "references" / "gateways" / "new-one.yaml").write_text(text)
    assert "NEW_ONE_API_KEY" in make(ProgramRequest("new-one")).code


def test_a_new_task_of_a_known_kind_is_one_file_and_runs(copied: Path) -> None:
    (copied / "references" / "tasks" / "poem.yaml").write_text(TASK)
    code = make(ProgramRequest("aitoll", task="poem")).code
    assert "Write a poem about the sea." in code
    assert "poem" in load.names("task")


def test_a_new_language_is_one_folder(copied: Path) -> None:
    folder = copied / "templates" / "ruby"
    folder.mkdir()
    (folder / "language.yaml").write_text(RUBY)
    (folder / "net-http.jinja").write_text(
        "BODY = {{ plan.body | literal }}\nMESSAGES = {{ call.messages | literal }}\n"
    )
    code = make(ProgramRequest("aitoll", language="rb", prompt='say "hi"')).code
    assert (
        code
        == 'BODY = {"model": "glm-4.7", "messages": MESSAGES}\nMESSAGES = [{"role": "user", "content": "say \\"hi\\""}]\n'
    )
