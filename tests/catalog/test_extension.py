"""A gateway, a task and a language are data: adding one touches no Python."""

import shutil
from pathlib import Path

import pytest
from chat_completions import paths
from chat_completions.catalog import load
from chat_completions.errors import BadData
from chat_completions.generate import make
from chat_completions.planning.types import ProgramRequest
from support.generation import plan

ROOT = Path(__file__).resolve().parents[2]
RUBY = """name: Ruby
aliases: [rb]
extension: rb
run: ruby {file}
requirements: [ruby]
literals: {booleans: ["false", "true"], null_literal: nil, unquoted_keys: false, indent: 2, non_bmp_escape: surrogates, trailing_comma: false}
libraries:
  net-http: {install: "", protocols: [openai-chat]}
"""
TASK = """template: chat
kind: chat
summary: ask for a poem and print it
prompt: Write a poem about the sea.
messages: [{role: user, content: $prompt}]
body:
  openai-chat: {model: $model, messages: $messages}
"""


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("references", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(paths, "skill_root", lambda: tmp_path)
    return tmp_path


def test_a_new_gateway_is_one_file(copied: Path) -> None:
    text = "name: New One\nbase_url: https://new.example.com/v1\nkey: NEW_ONE_API_KEY\nmodels: [m]\n"
    (copied / "references" / "gateways" / "new-one.yaml").write_text(text)
    assert plan(ProgramRequest("new-one")).auth.key_env == "NEW_ONE_API_KEY"


def test_a_new_task_of_a_known_kind_is_one_file(copied: Path) -> None:
    (copied / "references" / "tasks" / "poem.yaml").write_text(TASK)
    planned = plan(ProgramRequest("aitoll", task="poem"))
    assert (planned.template, planned.prompt) == ("chat", "Write a poem about the sea.")
    assert "poem" in load.names("task")


def test_a_new_language_is_one_folder(copied: Path) -> None:
    folder = copied / "templates" / "ruby"
    folder.mkdir()
    (folder / "language.yaml").write_text(RUBY)
    (folder / "net-http").mkdir()
    (folder / "net-http" / "chat.jinja").write_text(
        "prompt = {{ plan.prompt | literal }}\nmessages = {{ plan.messages | literal }}\nBODY = {{ plan.body | literal }}\n"
    )
    code = make(ProgramRequest("aitoll", language="rb", prompt='say "hi"')).code
    assert code == (
        'prompt = "say \\"hi\\""\nmessages = [{"role": "user", "content": prompt}]\n'
        'BODY = {"model": MODEL, "messages": messages, "stream": false}\n'
    )


def test_a_new_library_is_an_entry_and_a_template(copied: Path) -> None:
    file = copied / "templates" / "shell" / "language.yaml"
    file.write_text(file.read_text() + '  wget: {install: "", protocols: [openai-chat]}\n')
    (copied / "templates" / "shell" / "wget").mkdir()
    (copied / "templates" / "shell" / "wget" / "chat.jinja").write_text("wget {{ plan.gateway.base_url | quoted }}\n")
    code = make(ProgramRequest("aitoll", language="shell", library="wget")).code
    assert code == "wget https://aitoll.net/api/gateway/api\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "summary:",
            "description:",
            "references/tasks/poem.yaml is broken: its task has the unknown key 'description'.",
        ),
        (
            "summary: ask for a poem and print it\n",
            "",
            "references/tasks/poem.yaml is broken: its task lacks 'summary'.",
        ),
        ("template: chat\nkind: chat\n", "kind: text\n", "There is no template python/requests/text.jinja."),
    ],
)
def test_a_mistake_in_a_task_file_is_named(copied: Path, old: str, new: str, message: str) -> None:
    (copied / "references" / "tasks" / "poem.yaml").write_text(TASK.replace(old, new))
    with pytest.raises(BadData) as raised:
        make(ProgramRequest("aitoll", task="poem"))
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: New One\nmodels: [m]\n", "it lacks 'base_url'"),
        ("name: New One\nbase_url: http://localhost\nauth: [{name: x}]\nmodels: [m]\n", "it lacks 'key'"),
    ],
)
def test_a_mistake_in_a_gateway_file_of_ours_is_named(copied: Path, text: str, message: str) -> None:
    (copied / "references" / "gateways" / "new-one.yaml").write_text(text)
    with pytest.raises(BadData) as raised:
        make(ProgramRequest("new-one"))
    assert str(raised.value) == f"references/gateways/new-one.yaml is broken: {message}."


def test_a_mistake_in_a_template_has_its_file_and_line(copied: Path) -> None:
    file = copied / "templates" / "python" / "requests" / "macros.jinja"
    file.write_text(file.read_text().replace("macro client(plan)", "macro connect(plan)"))
    with pytest.raises(BadData, match=r"^templates/python/http/chat\.jinja:\d+: UndefinedError .*'client'"):
        make(ProgramRequest("aitoll"))
    file.write_text("{% macro client(plan) }")
    with pytest.raises(BadData, match=r"^templates/python/requests/macros\.jinja:1: TemplateSyntaxError "):
        make(ProgramRequest("aitoll"))
