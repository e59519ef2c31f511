"""A gateway, a task and a language are data: adding one touches no Python."""

import re
import shutil
from pathlib import Path

import pytest
from chat_completions import paths
from chat_completions.catalog import load
from chat_completions.errors import BadData, NotOffered
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import nearest_to_request
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
    code = generate_program(ProgramRequest("aitoll", language="rb", prompt='say "hi"')).code
    assert code == (
        'prompt = "say \\"hi\\""\nmessages = [{"role": "user", "content": prompt}]\n'
        'BODY = {"model": MODEL, "messages": messages, "stream": false}\n'
    )


def test_a_new_library_is_an_entry_and_a_template(copied: Path) -> None:
    file = copied / "templates" / "shell" / "language.yaml"
    file.write_text(file.read_text() + '  wget: {install: "", protocols: [openai-chat]}\n')
    (copied / "templates" / "shell" / "wget").mkdir()
    (copied / "templates" / "shell" / "wget" / "chat.jinja").write_text("wget {{ plan.gateway.base_url | quoted }}\n")
    code = generate_program(ProgramRequest("aitoll", language="shell", library="wget")).code
    assert code == "wget https://aitoll.net/api/gateway/api\n"


def test_what_a_new_library_has_no_template_for_is_not_offered(copied: Path) -> None:
    file = copied / "templates" / "python" / "language.yaml"
    file.write_text(file.read_text() + "  urllib: {install: '', protocols: [openai-chat]}\n")
    (copied / "templates" / "python" / "urllib").mkdir()
    (copied / "templates" / "python" / "urllib" / "chat.jinja").write_text("print({{ plan.prompt | literal }})\n")
    request = ProgramRequest("aitoll", library="urllib")
    assert generate_program(request).code.startswith("print(")
    for refused in (request._replace(stream=True), request._replace(task="tools")):
        with pytest.raises(NotOffered):
            generate_program(refused)
        assert "--language python" in nearest_to_request(refused)
    assert "--library urllib" in nearest_to_request(request._replace(stream=True))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("summary:", "sumary:", "references/tasks/poem.yaml:3: sumary is not known here."),
        ("summary: ask for a poem and print it\n", "", "references/tasks/poem.yaml:1: the file lacks 'summary'."),
        (
            "content: $prompt",
            "content: $promt",
            "references/tasks/poem.yaml:5: messages.0.content holds '$promt', which stands for nothing.",
        ),
        (
            "openai-chat:",
            "openai-chta:",
            "references/tasks/poem.yaml:7: body.openai-chta names 'openai-chta', which does not exist.",
        ),
        (
            "template: chat\n",
            "aliases: poetry\n",
            "references/tasks/poem.yaml:1: aliases must be a list, not 'poetry'.",
        ),
    ],
)
def test_a_mistake_in_a_task_file_is_named(copied: Path, old: str, new: str, message: str) -> None:
    (copied / "references" / "tasks" / "poem.yaml").write_text(TASK.replace(old, new))
    with pytest.raises(BadData) as raised:
        generate_program(ProgramRequest("aitoll", task="poem"))
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: [m]\n", ":1: the file lacks 'base_url'"),
        ("base_url: http://localhost\nauth: [{nme: x}]\n", ":3: auth.0.nme is not known here"),
        ("base_url: http://localhost\nnote: x\n", ":3: note is not known here"),
        ("base_url: http://localhost\nmodels: {m: {protocol: x}}\n", ":3: models.m.protocol is not known here"),
        (
            "base_url: http://localhost\nendpoints:\n  openai: [{name: default, path: /chat}]\n",
            ":4: endpoints.openai names 'openai', which does not exist",
        ),
    ],
)
def test_a_mistake_in_a_gateway_file_of_ours_is_named(copied: Path, text: str, message: str) -> None:
    (copied / "references" / "gateways" / "new-one.yaml").write_text(f"name: New One\n{text}")
    with pytest.raises(BadData) as raised:
        generate_program(ProgramRequest("new-one"))
    assert str(raised.value) == f"references/gateways/new-one.yaml{message}."


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "references/protocols/openai-chat.yaml",
            "name: $name",
            "name: $nam",
            "holds '$nam', which stands for nothing",
        ),
        ("references/protocols/openai-chat.yaml", "minimum: 1,", "minium: 1,", "minium is not known here"),
        ("references/protocols/openai-chat.yaml", "streaming: {body:", "streaming: {bdy:", "bdy is not known here"),
        (
            "templates/python/language.yaml",
            "protocols: &all [",
            "protocols: &all [x, ",
            "names 'x', which does not exist",
        ),
        ("templates/python/language.yaml", "    sdk: true", "    sdl: true", "sdl is not known here"),
        ("templates/python/language.yaml", "indent: 4", "indnt: 4", "literals.indnt is not known here"),
        ("references/decision_table.yaml", "reason: ", "raeson: ", "raeson is not known here"),
        ("references/model_facts.yaml", "context: ", "contex: ", "contex is not known here"),
    ],
)
def test_a_mistake_in_any_file_of_ours_has_its_line(copied: Path, file: str, old: str, new: str, message: str) -> None:
    text = (copied / file).read_text()
    (copied / file).write_text(text.replace(old, new, 1))
    with pytest.raises(BadData, match=rf"^{file}:\d+: .*{re.escape(message)}\.$") as raised:
        generate_program(ProgramRequest("aitoll"))
    line = int(str(raised.value).split(":")[1])
    assert line == text[: text.index(old)].count("\n") + 1


def test_a_mistake_in_a_template_has_its_file_and_line(copied: Path) -> None:
    file = copied / "templates" / "python" / "requests" / "macros.jinja"
    file.write_text(file.read_text().replace("macro client(plan)", "macro connect(plan)"))
    with pytest.raises(BadData, match=r"^templates/python/http/chat\.jinja:\d+: UndefinedError .*'client'"):
        generate_program(ProgramRequest("aitoll"))
    file.write_text("{% macro client(plan) }")
    with pytest.raises(BadData, match=r"^templates/python/requests/macros\.jinja:1: TemplateSyntaxError "):
        generate_program(ProgramRequest("aitoll"))
