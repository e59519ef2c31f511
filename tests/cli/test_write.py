"""`write` as a user meets it: what it prints where, and what it leaves behind."""

import ast
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from support.command_line import command, run_as_program, write_as_json


def test_without_options_write_works() -> None:
    result = command("write", "Say hello", env={"CHAT_COMPLETIONS_GATEWAY": ""})
    assert result.returncode == 0
    code = result.stdout.decode()
    compile(code, "program", "exec")
    assert '"Say hello"' in code
    assert "AITOLL_API_KEY" in code
    notes = result.stderr.decode()
    assert "glm-4.7" in notes
    assert 'export AITOLL_API_KEY="your-key"' in notes


def test_the_environment_names_the_gateway() -> None:
    result = command("write", "Hi", env={"CHAT_COMPLETIONS_GATEWAY": "ainative"})
    assert b"AINATIVE_API_KEY" in result.stdout


def test_json_has_every_key() -> None:
    data = write_as_json("Say hello", "--stream", "--language", "js")
    assert list(data) == [
        "schema", "code", "filename", "language", "library", "gateway", "protocol", "task", "model", "reason",
        "stream", "asynchronous", "alternatives", "notes", "install", "run", "env", "evidence",
    ]  # fmt: skip
    assert data["schema"] == 2
    assert data["stream"] is True
    assert (data["language"], data["library"]) == ("javascript", "fetch")
    assert data["env"] == {"key": "AITOLL_API_KEY", "base_url": "AITOLL_BASE_URL"}
    assert all(set(item) == {"source", "date", "confidence"} for item in data["evidence"])


def test_markdown_is_the_four_part_answer_and_no_text_ends_its_block() -> None:
    text = command("write", "a ``` fence ````", "--format", "markdown").stdout.decode()
    for part in ("**1. ", "**2. ", "**3. ", "**4. ", 'export AITOLL_API_KEY="your-key"'):
        assert part in text
    fence = text.split("\n\n")[1].split("python")[0]
    assert len(fence) == 5
    assert text.count(f"\n{fence}\n") == 1


@pytest.mark.parametrize("alias", ["py", "js", "node", "curl", "bash", "sh"])
def test_aliases(alias: str) -> None:
    assert write_as_json("x", "--language", alias)["language"] in ("python", "javascript", "shell")


def test_the_prompt_comes_from_stdin_exactly() -> None:
    prompt = "\ufeff  first line\r\n'\"`$(x)` \\ last line\n\n"
    code = str(write_as_json("-", stdin=prompt.encode())["code"])
    assert prompt in {node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize("prompt", ["-- also -- dashes", "--stream of words", "-x y", "it's"])
def test_a_prompt_may_look_like_an_option(prompt: str) -> None:
    assert json.dumps(prompt) in str(write_as_json(prompt)["code"])


def test_output_is_whole_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "hello.sh"
    assert command("write", "x", "--language", "shell", "--output", str(file)).returncode == 0
    assert file.read_text().startswith("#!")
    assert os.access(file, os.X_OK)
    before = file.read_bytes()
    assert command("write", "x", "--param", "seed=a", "--output", str(file)).returncode == 2
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


BROUGHT = [
    ("tools", '[{"name": "find", "description": "Finds.", "parameters": {"type": "object"}}]', "tools"),
    ("schema", '{"type": "object", "properties": {"n": {"type": "integer"}}}', "structured"),
    ("messages", '[{"role": "user", "content": "Hi"}]', "conversation"),
]


@pytest.mark.parametrize(("option", "text", "task"), BROUGHT)
def test_what_the_user_brings_tells_the_task(option: str, text: str, task: str, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(text)
    assert write_as_json(f"--{option}", str(tmp_path / "mine.json"))["task"] == task
    assert write_as_json("--image", "a.png")["task"] == "vision"


def test_the_user_s_tools_and_schema_are_in_the_program(tmp_path: Path) -> None:
    tools, schema = tmp_path / "tools.yaml", tmp_path / "schema.yaml"
    tools.write_text('tools:\n- {name: find-it, description: "it\'s", parameters: {type: object}, example: [1]}\n')
    schema.write_text("{type: object, properties: {fjord: {type: string}}, required: [fjord]}\n")
    code = str(write_as_json("x", "--tools", str(tools))["code"])
    assert "find-it" in code
    assert "def find_it(" in code
    assert "get_weather" not in code
    code = str(write_as_json("x", "--schema", str(schema))["code"])
    assert '"fjord"' in code
    assert "sentiment" not in code


def test_a_link_a_mode_and_a_pipe_survive_output(tmp_path: Path) -> None:
    real, link, pipe = tmp_path / "real.py", tmp_path / "link.py", tmp_path / "pipe"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    assert command("write", "x", "--force", "--output", str(link)).returncode == 0
    assert link.is_symlink()
    assert "requests" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert command("write", "x", "--output", str(pipe)).returncode == 0
        assert b"requests" in reader.communicate()[0]
    assert pipe.is_fifo()


def test_what_is_told_to_run_can_be_pasted(tmp_path: Path) -> None:
    for name in ("a b.py", "it's.py"):
        result = command("write", "x", f"--output={name}", cwd=tmp_path)
        line = next(line for line in result.stderr.decode().splitlines() if line.startswith("Run: "))
        assert shlex.split(line)[1:] == ["python3", name]
    line = command("write", "x", "--output=-w.py", cwd=tmp_path).stderr.decode().splitlines()[-1]
    assert line == "Run: python3 ./-w.py"


def test_a_file_s_name_may_be_no_variable(tmp_path: Path) -> None:
    for name in ("1x.yaml", "my.gw.yaml", "é.yaml"):
        (tmp_path / name).write_text("name: x\nbase_url: https://g.x\nmodels: [a]\n")
        result = command("write", "x", "--gateway", str(tmp_path / name), "--format", "json")
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*_API_KEY", json.loads(result.stdout)["env"]["key"])


def test_run_answers_for_a_gateway_of_the_user_s(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: x\nbase_url: https://g.x\nkey: MINE_API_KEY\nmodels: [a]\n")
    result = command("write", "x", "--gateway", "mine.yaml", "--run", "--output", "x.py", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "x.py").exists()
    assert (
        run_as_program(
            "write", "x", "--run", "--gateway", "aitoll", "--base-url", "https://proxy.example/a/b"
        ).returncode
        == 0
    )


def test_system_goes_first_and_never_twice(tmp_path: Path) -> None:
    assert '"Be brief."' in str(write_as_json("x", "--system", "Be brief.")["code"])
    file = tmp_path / "turns.json"
    file.write_text('[{"role": "system", "content": "A"}, {"role": "user", "content": "B"}]')
    assert command("write", "--messages", str(file), "--system", "C").returncode == 2
    file.write_text('[{"role": "system", "content": "A"}]')
    arguments = ["write", "--messages", str(file), "--gateway", "ainative"]
    assert command(*arguments).returncode == 0
    refused = command(*arguments, "--protocol", "anthropic-messages")
    assert refused.returncode == 2
    assert b"nothing but system texts" in refused.stderr


def test_ainative_s_token_has_its_own_variable() -> None:
    data = write_as_json("x", "--gateway", "ainative", "--auth", "jwt")
    assert data["env"] == {"key": "AINATIVE_JWT", "base_url": "AINATIVE_BASE_URL"}
    assert "Bearer" in str(data["code"])


def test_the_seed_s_values_stay_reachable() -> None:
    old = str(write_as_json("x", "--gateway", "ainative", "--endpoint", "public", "--model", "gpt-4o")["code"])
    assert "/v1/public/chat/completions" in old
    assert "/api/v1/chat/completions" in str(write_as_json("x", "--gateway", "ainative")["code"])


@pytest.mark.parametrize("language", ["python", "javascript", "shell"])
def test_run_shows_the_real_output_and_says_what_it_came_from(language: str) -> None:
    result = run_as_program("write", "Say hello", "--language", language, "--run")
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode().endswith("Hello there, it is good to meet you!\n")
    assert "[aitoll/chat (constructed)]" in result.stderr.decode()


def test_a_file_that_holds_something_else_is_replaced_only_with_force(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "hello.py"
    assert command("write", "x", "--output", str(file)).returncode == 0
    assert command("write", "x", "--output", str(file)).returncode == 0
    before = file.read_bytes()
    refused = command("write", "y", "--output", str(file))
    assert refused.returncode == 2
    assert b"--force" in refused.stderr
    assert file.read_bytes() == before
    assert command("write", "y", "--output", str(file), "--force").returncode == 0
    assert file.read_bytes() != before


@pytest.mark.parametrize("name", ["openai.py", "email.py", "json.py", "requests.py"])
def test_a_program_is_not_called_like_a_module_that_it_imports(name: str, tmp_path: Path) -> None:
    library = name.removesuffix(".py") if name in ("openai.py", "requests.py") else "requests"
    refused = command("write", "x", "--library", library, "--output", name, cwd=tmp_path)
    assert refused.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_without_output_the_way_to_run_says_to_save_the_program_first() -> None:
    assert b"Run: save it as aitoll-chat.py, then: python3 aitoll-chat.py" in command("write", "x").stderr


def test_messages_may_have_the_role_developer(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    file.write_text('[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}]')
    assert '"developer"' in str(write_as_json("--messages", str(file))["code"])
    arguments = ["--messages", str(file), "--gateway", "aireiter", "--protocol", "anthropic-messages"]
    code = str(write_as_json(*arguments)["code"])
    assert '"system": "Be brief."' in code
    assert "developer" not in code


def test_a_reasoning_model_takes_the_newer_name_of_max_tokens(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nbase_url: https://g.example/v1\nkey: MY_API_KEY\nmodels: [openai/gpt-5-mini, gpt-4o]\n"
    )
    arguments = ["x", "--gateway", "mine.yaml", "--param", "max_tokens=50", "--model"]
    for model, name in (("openai/gpt-5-mini", "max_completion_tokens"), ("o3", "max_completion_tokens")):
        result = command("write", *arguments, model, cwd=tmp_path)
        assert f'"{name}": 50'.encode() in result.stdout
        assert f"{model} takes {name}".encode() in result.stderr
    assert b'"max_tokens": 50' in command("write", *arguments, "gpt-4o", cwd=tmp_path).stdout
    with (tmp_path / "mine.yaml").open("a") as file:
        file.write("parameters: {openai-chat: {max_tokens: {type: integer}}}\n")
    assert b'"max_tokens": 50' in command("write", *arguments, "openai/gpt-5-mini", cwd=tmp_path).stdout


@pytest.mark.parametrize("language", ["python", "javascript", "typescript"])
@pytest.mark.parametrize("task", ["structured", "vision"])
def test_a_whole_conversation_needs_no_variable_of_the_function(task: str, language: str, tmp_path: Path) -> None:
    talk = tmp_path / "talk.json"
    talk.write_text('[{"role": "user", "content": "Rate it."}]')
    arguments = ["--messages", str(talk), "--task", task, "--language", language]
    code = str(write_as_json(*arguments, "--gateway", "aireiter")["code"])
    assert ("instructions" in code, "IMAGE" in code, "image_url" in code) == (False, False, False)
    assert ("JSON only" in code) == (task == "structured")
    assert command("write", *arguments, "--image", "a.png").returncode in (2, 3)
