"""The command as a user meets it: what it prints where, how it fails, what it leaves behind."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOOR = [sys.executable, str(ROOT / "scripts" / "chat-completions.py")]


def command(
    *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **(env or {})}
    return subprocess.run([*DOOR, *words], input=stdin, capture_output=True, env=environment, cwd=cwd, check=False)


def written(*words: str, stdin: bytes = b"") -> dict[str, object]:
    ran = command("write", *words, "--format", "json", stdin=stdin)
    assert ran.returncode == 0, ran.stderr
    data: dict[str, object] = json.loads(ran.stdout)
    return data


def test_without_options_write_works() -> None:
    ran = command("write", "Say hello", env={"CHAT_COMPLETIONS_GATEWAY": ""})
    assert ran.returncode == 0
    code = ran.stdout.decode()
    compile(code, "program", "exec")
    assert '"Say hello"' in code
    assert "AITOLL_API_KEY" in code
    notes = ran.stderr.decode()
    assert "glm-4.7" in notes
    assert 'export AITOLL_API_KEY="your-key"' in notes


def test_the_environment_names_the_gateway() -> None:
    ran = command("write", "Hi", env={"CHAT_COMPLETIONS_GATEWAY": "ainative"})
    assert b"AINATIVE_API_KEY" in ran.stdout


def test_json_has_every_key() -> None:
    data = written("Say hello", "--stream", "--language", "js")
    assert list(data) == [
        "schema", "code", "filename", "language", "library", "gateway", "protocol", "task", "model", "because",
        "stream", "alternatives", "caveats", "install", "run", "env", "evidence",
    ]  # fmt: skip
    assert data["schema"] == 1
    assert data["stream"] is True
    assert (data["language"], data["library"]) == ("javascript", "fetch")
    assert data["env"] == {"key": "AITOLL_API_KEY", "base_url": "AITOLL_BASE_URL"}
    assert all(set(one) == {"source", "date", "confidence"} for one in data["evidence"])  # type: ignore[attr-defined]


def test_choose_json_has_every_key() -> None:
    data = json.loads(command("choose", "--gateway", "aitoll", "--priority", "cost", "--format", "json").stdout)
    assert list(data) == ["model", "row", "because", "alternatives", "caveats", "evidence"]
    assert (data["model"], data["row"]) == ("deepseek-chat", "text-cost")


def test_markdown_is_the_four_part_answer_and_no_text_ends_its_block() -> None:
    text = command("write", "a ``` fence ````", "--format", "markdown").stdout.decode()
    for part in ("**1. ", "**2. ", "**3. ", "**4. ", 'export AITOLL_API_KEY="your-key"'):
        assert part in text
    fence = text.split("\n\n")[1].split("python")[0]
    assert len(fence) == 5
    assert text.count(f"\n{fence}\n") == 1


@pytest.mark.parametrize("alias", ["py", "js", "node", "curl", "bash", "sh"])
def test_aliases(alias: str) -> None:
    assert written("x", "--language", alias)["language"] in ("python", "javascript", "shell")


def test_the_prompt_comes_from_stdin_exactly() -> None:
    prompt = "\ufeff  first line\r\n'\"`$(x)` \\ last line\n\n"
    code = str(written("-", stdin=prompt.encode())["code"])
    values = [node.value for node in ast.parse(code).body if isinstance(node, ast.Assign)]
    assert ast.literal_eval(values[0]) == [{"role": "user", "content": prompt}]


@pytest.mark.parametrize("prompt", ["-- also -- dashes", "--stream of words", "-x y", "it's", ""])
def test_a_prompt_may_look_like_an_option(prompt: str) -> None:
    assert json.dumps(prompt) in str(written(prompt)["code"])


FAILURES = [
    (["write", "x", "--gateway", "aitol"], 2, "'aitoll'"),
    (["write", "x", "--task", "caht"], 2, "'chat'"),
    (["write", "x", "--language", "pyton"], 2, "'python'"),
    (["write", "x", "--library", "request"], 2, "'requests'"),
    (["write", "x", "--model", "glm-4.77"], 2, "'glm-4.7'"),
    (["write", "x", "--param", "temprature=1"], 2, "'temperature'"),
    (["write", "x", "--param", "temperature"], 2, "NAME=VALUE"),
    (["write", "x", "--param", "seed=1", "--param", "seed=2"], 2, "twice"),
    (["write", "x", "--param", "max_tokens=0"], 2, "at least 1"),
    (["write", "x", "--gateway", "aireiter", "--library", "openai", "--param", "n=2"], 3, "one choice"),
    (["write", "x", "--priority", "quality", "--param", "temperature=1"], 3, "gpt-5.2"),
    (["write", "x", "--protocol", "openai-caht"], 2, "openai-chat"),
    (["write", "x", "--gateway", "aitoll", "--protocol", "anthropic-messages"], 3, "openai-chat"),
    (["write", "x", "--gateway", "ainative", "--library", "google-genai"], 3, "Nearest that works: "),
    (["write", "--gateway", "ainative", "--task", "image"], 3, "Nearest that works: "),
    (["write", "--gateway", "aitoll", "--task", "models"], 3, "It speaks openai-chat"),
    (["write", "--gateway", "aitoll", "--task", "image", "--stream"], 3, "stream"),
    (["write", "x", "--tools", "absent.yaml"], 2, "cannot be read"),
    (["write", "x", "--schema", "absent.json"], 2, "cannot be read"),
    (["write", "x", "--schema", "."], 2, "cannot be read"),
    (["write", "x", "--image", "a.png", "--task", "chat"], 3, "--task vision"),
    (["write", "x", "--param", "tool_choice=auto"], 3, "--task tools"),
    (["write", "x", "--task", "tools", "--param", "tool_choice=get_tiem"], 2, "get_time"),
    (["write", "x", "--param", "response_format=json_object"], 3, "--task structured"),
    (
        ["write", "x", "--gateway", "aiclient-2-api", "--task", "image-edit", "--image", "https://x.example/a.png"],
        3,
        "Download",
    ),
    (["write", "x", "--gateway", "aireiter", "--param", "thinking_budget=5000"], 2, "max_tokens"),
    (["choose", "--gateway", "ainative", "--task", "balance"], 3, "asks no model"),
    (["write", "x", "--endpoint", "publik", "--gateway", "ainative"], 2, "'public'"),
    (["write", "x", "--auth", "jtw", "--gateway", "ainative"], 2, "'jwt'"),
    (["write", "x", "--messages", "absent.json"], 2, "contradict"),
    (["write", "--messages", "absent.json"], 2, "cannot be read"),
    (["write", "x", "--gateway", "absent.yaml"], 2, "cannot be read"),
    (["write", "x", "--stram"], 2, "--stream"),
    (["write", "x", "--base-url", "gw.example.com/v1"], 2, "https://"),
    (["write", "x", "--base-url", "http://gw.example.com"], 2, "https://"),
    (["write", "x", "--base-url", "https://gw.example.com/v1/chat/completions/"], 2, "Leave /chat/completions off"),
    (["write", "x", "--param", "temprature=1"], 2, "Did you mean 'temperature'? A gateway file of your own can name"),
    (["write", "x", "--base-url", "https://gw.example.com/$(id)/v1"], 2, "https://"),
    (["write", "x", "--model", "a\r\nX-Evil: 1"], 2, "control"),
    (["write", "x", "--priority", "cheap"], 2, "cost"),
    (["write", "x", "--output", "no/such/folder/x.py"], 2, "cannot be written"),
    (["write", "x", "--output", "."], 2, "folder"),
    (["list", "gatewys"], 2, "gateways"),
    (["frobnicate"], 2, "No such command"),
]


@pytest.mark.parametrize(
    ("words", "code", "hint"), FAILURES, ids=lambda one: " ".join(one) if isinstance(one, list) else ""
)
def test_a_failure_is_one_line_with_a_hint_and_its_code(words: list[str], code: int, hint: str, tmp_path: Path) -> None:
    ran = command(*words, cwd=tmp_path)
    said = ran.stderr.decode()
    assert ran.returncode == code, said
    assert ran.stdout == b""
    assert said.startswith("Error: ")
    assert len(said.splitlines()) <= 2
    assert hint in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_output_is_whole_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "hello.sh"
    assert command("write", "x", "--language", "shell", "--output", str(file)).returncode == 0
    assert file.read_text().startswith("#!")
    assert os.access(file, os.X_OK)
    before = file.read_bytes()
    assert command("write", "x", "--param", "seed=a", "--output", str(file)).returncode == 2
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


MESSAGES = [
    ('[{"role": "user", "content": "Hi"}]', ".json", 0, ""),
    ('{"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}', ".json", 0, ""),
    ("- {role: user, content: Hi}\n", ".yaml", 0, ""),
    ('[{"role": "user", "content": "\\ud83d\\ude00"}]', ".json", 0, ""),
    ('[{"role": "user", "content": "\\ud83d alone"}]', ".json", 2, "surrogate"),
    ('[{"role": "user"}]', ".json", 2, "turn 1 has no content"),
    ('[{"role": "usr", "content": "x"}]', ".json", 2, "'usr'"),
    ('[{"role": "tool", "content": "x"}]', ".json", 2, "tool_call_id"),
    ('[{"role": "assistant", "content": null}]', ".json", 2, "no content"),
    ('[{"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]}]', ".json", 2, "function"),
    ("[]", ".json", 2, "list of turns"),
    ('[{"role": "user", "content": "Hi"},\n oops]', ".json", 2, ":2: "),
    ("- role: user\n  content: [x\n", ".yaml", 2, ":"),
    ("- {role: user, content: 2024-01-01}\n", ".yaml", 2, "date"),
]


@pytest.mark.parametrize(("text", "suffix", "code", "hint"), MESSAGES)
def test_a_conversation_is_checked_and_sent_as_it_is(
    text: str, suffix: str, code: int, hint: str, tmp_path: Path
) -> None:
    file = tmp_path / f"turns{suffix}"
    file.write_text(text, encoding="utf-8")
    ran = command("write", "--messages", str(file), "--format", "json")
    assert ran.returncode == code, ran.stderr
    if code:
        assert hint in ran.stderr.decode()
        assert str(file) in ran.stderr.decode()
    else:
        assert json.loads(ran.stdout)["task"] == "conversation"


BROUGHT = [
    ("tools", '[{"name": "find", "description": "Finds.", "parameters": {"type": "object"}}]', "tools"),
    ("schema", '{"type": "object", "properties": {"n": {"type": "integer"}}}', "structured"),
    ("messages", '[{"role": "user", "content": "Hi"}]', "conversation"),
]


@pytest.mark.parametrize(("option", "text", "task"), BROUGHT)
def test_what_the_user_brings_tells_the_task(option: str, text: str, task: str, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(text)
    assert written(f"--{option}", str(tmp_path / "mine.json"))["task"] == task
    assert written("--image", "a.png")["task"] == "vision"


def test_the_user_s_tools_and_schema_are_in_the_program(tmp_path: Path) -> None:
    tools, schema = tmp_path / "tools.yaml", tmp_path / "schema.yaml"
    tools.write_text('tools:\n- {name: find-it, description: "it\'s", parameters: {type: object}, example: [1]}\n')
    schema.write_text("{type: object, properties: {fjord: {type: string}}, required: [fjord]}\n")
    code = str(written("x", "--tools", str(tools))["code"])
    assert "find-it" in code
    assert "tool_find_it" in code
    assert "get_weather" not in code
    code = str(written("x", "--schema", str(schema))["code"])
    assert '"fjord"' in code
    assert "sentiment" not in code


def test_the_nearest_cell_that_is_named_works(tmp_path: Path) -> None:
    asked = [
        ["--gateway", "ainative", "--task", "image"],
        ["--gateway", "aitoll", "--library", "anthropic"],
        ["--gateway", "aitoll", "--task", "models", "--language", "shell"],
        ["--gateway", "aireiter", "--task", "image", "--stream", "--language", "js"],
        ["--gateway", "aireiter", "--protocol", "gemini-generate", "--stream"],
    ]
    for words in asked:
        refused = command("write", "x", *words)
        assert refused.returncode == 3, words
        nearest = refused.stderr.decode().partition("Nearest that works: ")[2].split()
        assert command("write", *nearest, "--output", "x", cwd=tmp_path).returncode == 0, nearest


DEEP = "[" * 5000
BROKEN_FILES = [
    ("gateway", ".yaml", ""),
    ("gateway", ".yaml", "name: x\nbase_url: https://g.x\n<<: {models: 5}\n"),
    ("gateway", ".yaml", "name: x\nbase_url: https://g.x\nmodels: [a]\nalways: {foo: .nan}\n"),
    ("gateway", ".yaml", "name: x\nbase_url: https://g.x\nkey: sk-abc123secretvalue\n"),
    ("gateway", ".yaml", "name: x\nbase_url: https://me:abc123secret@g.x\n"),
    ("gateway", ".yaml", "a: " + DEEP),
    ("gateway", ".yaml", "a: &b [*b]\n"),
    ("gateway", ".yaml", "name: x\nbase_url: https://g.x\nmodels: [a]\nname: y\n"),
    ("messages", ".yaml", "- {role: user, content: x, content: y}\n"),
    ("gateway", ".json", DEEP),
    ("messages", ".yaml", "- {role: user, content: x, more: &b [*b]}\n"),
    ("messages", ".yaml", "- {role: user, content: x, 1: 2}\n"),
    ("messages", ".json", DEEP),
    ("tools", ".json", DEEP),
    ("tools", ".yaml", "- {name: a, parameters: &b {type: object, properties: {x: *b}}}\n"),
    ("tools", ".yaml", "- {name: a, parameters: {type: object}, example: 2024-01-01}\n"),
    ("schema", ".json", "[]"),
    ("schema", ".yaml", "type: object\nproperties: {a: &b {type: object, properties: {x: *b}}}\n"),
    ("schema", ".yaml", "type: object\ntype: object\n"),
]


@pytest.mark.parametrize(("option", "suffix", "text"), BROKEN_FILES)
def test_a_broken_file_is_told_in_a_line_and_no_secret_of_it(
    option: str, suffix: str, text: str, tmp_path: Path
) -> None:
    file = tmp_path / f"broken{suffix}"
    file.write_text(text)
    ran = command("write", *(["x"] if option == "gateway" else []), f"--{option}", str(file))
    said = ran.stderr.decode()
    assert ran.returncode == 2, said
    assert said.startswith("Error: ")
    assert len(said.splitlines()) <= 2
    assert "secret" not in said
    assert ran.stdout == b""


@pytest.mark.parametrize(
    "words",
    [
        ["--param", f"stop={DEEP * 10}"],
        ["--param", 'stop="\\ud800"'],
        ["--gateway", "~nobody-at-all/x.yaml"],
        ["--base-url", "https://me:abc123secret@gw.example.com"],
        ["--model", ""],
        ["--task", ""],
        ["--run", "--format", "json"],
    ],
)
def test_odd_options_are_told_in_a_line(words: list[str]) -> None:
    ran = command("write", "x", *words)
    assert ran.returncode == 2, ran.stderr
    assert "Traceback" not in ran.stderr.decode()
    assert "secret" not in ran.stderr.decode()


def test_a_link_a_mode_and_a_pipe_survive_output(tmp_path: Path) -> None:
    real, link, pipe = tmp_path / "real.py", tmp_path / "link.py", tmp_path / "pipe"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    assert command("write", "x", "--output", str(link)).returncode == 0
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
        ran = command("write", "x", f"--output={name}", cwd=tmp_path)
        line = next(one for one in ran.stderr.decode().splitlines() if one.startswith("Run: "))
        assert shlex.split(line)[1:] == ["python3", name]
    line = command("write", "x", "--output=-w.py", cwd=tmp_path).stderr.decode().splitlines()[-1]
    assert line == "Run: python3 ./-w.py"


def test_a_file_s_name_may_be_no_variable(tmp_path: Path) -> None:
    for name in ("1x.yaml", "my.gw.yaml", "é.yaml"):
        (tmp_path / name).write_text("name: x\nbase_url: https://g.x\nmodels: [a]\n")
        ran = command("write", "x", "--gateway", str(tmp_path / name), "--format", "json")
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*_API_KEY", json.loads(ran.stdout)["env"]["key"])


def test_choose_applies_the_rules_that_write_applies() -> None:
    assert command("choose", "--param", "bogus=1").returncode == 2
    assert command("choose", "--model", "gpt-5.2", "--param", "temperature=1").returncode == 3
    asked = ["--gateway", "aireiter", "--protocol", "openai-chat", "--param", "stop=x"]
    assert b"no effect" in command("choose", *asked).stdout
    assert command("write", "x", "--gateway", "aireiter", "--model", "gpt_image_2").returncode == 3


def test_run_refuses_before_it_prints(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: x\nbase_url: https://g.x\nkey: MINE_API_KEY\nmodels: [a]\n")
    ran = command("write", "x", "--gateway", "mine.yaml", "--run", "--output", "x.py", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (3, b"")
    assert not (tmp_path / "x.py").exists()
    assert command("write", "x", "--run", "--base-url", "https://proxy.example/a/b").returncode == 0


def test_system_goes_first_and_never_twice(tmp_path: Path) -> None:
    assert '{"role": "system", "content": "Be brief."}' in str(written("x", "--system", "Be brief.")["code"])
    file = tmp_path / "turns.json"
    file.write_text('[{"role": "system", "content": "A"}, {"role": "user", "content": "B"}]')
    assert command("write", "--messages", str(file), "--system", "C").returncode == 2
    file.write_text('[{"role": "system", "content": "A"}]')
    words = ["write", "--messages", str(file), "--gateway", "ainative"]
    assert command(*words).returncode == 0
    refused = command(*words, "--protocol", "anthropic-messages")
    assert refused.returncode == 2
    assert b"nothing but system texts" in refused.stderr


def test_ainative_s_token_has_its_own_variable() -> None:
    data = written("x", "--gateway", "ainative", "--auth", "jwt")
    assert data["env"] == {"key": "AINATIVE_JWT", "base_url": "AINATIVE_BASE_URL"}
    assert '"Bearer " + KEY' in str(data["code"])


def test_the_seed_s_values_stay_reachable() -> None:
    old = str(written("x", "--gateway", "ainative", "--endpoint", "public", "--model", "gpt-4o")["code"])
    assert "/v1/public/chat/completions" in old
    assert "/api/v1/chat/completions" in str(written("x", "--gateway", "ainative")["code"])


def test_lists() -> None:
    assert command("list", "gateways").stdout.decode().split("\n")[0].startswith("aiclient-2-api\t")
    cells = json.loads(command("list", "cells", "--gateway", "aitoll", "--format", "json").stdout)
    assert all(set(cell) == {"gateway", "task", "language", "library", "protocol", "stream"} for cell in cells)
    everything = json.loads(command("list", "cells", "--gateway", "aitoll", "--all", "--format", "json").stdout)
    refused = [cell for cell in everything if not cell["offered"]]
    assert len(everything) == len(cells) + len(refused)
    assert refused
    assert all(cell["reason"] and cell["nearest"].startswith("--gateway aitoll ") for cell in refused)
    lines = command("list", "cells", "--gateway", "aitoll", "--all").stdout.decode().splitlines()
    assert [len(one.split("\t")) for one in lines] == [6 if cell["offered"] else 8 for cell in everything]
    for kind in ("tasks", "languages", "models"):
        assert command("list", kind).returncode == 0


@pytest.mark.parametrize("language", ["python", "javascript", "shell"])
def test_run_shows_the_real_output_and_says_what_it_came_from(language: str) -> None:
    ran = command("write", "Say hello", "--language", language, "--run")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.decode().endswith("Hello there, it is good to meet you!\n")
    assert "the reply was constructed: aitoll/chat" in ran.stderr.decode()


def test_closed_pipes_end_quietly() -> None:
    ran = subprocess.run(
        f"{DOOR[0]} {DOOR[1]} write {'x' * 100_000} | head -c 10",
        shell=True,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in ran.stderr


def test_version() -> None:
    assert command("--version").stdout.decode().strip().endswith("0.2.1")


def test_what_there_is_can_be_asked_of_one_gateway() -> None:
    assert "balance" in command("list", "tasks").stdout.decode()
    assert "balance" not in command("list", "tasks", "--gateway", "aitoll").stdout.decode()
    assert "balance" in command("list", "tasks", "--gateway", "ainative").stdout.decode()
    assert command("list", "languages", "--gateway", "aitoll").stdout


def test_a_task_without_a_model_is_hinted_at_only_where_it_is_offered() -> None:
    assert "write --task balance" in command("choose", "--task", "balance", "--gateway", "ainative").stderr.decode()
    ran = command("choose", "--task", "balance", "--gateway", "aitoll")
    assert ran.returncode == 3
    assert "write --task balance" not in ran.stderr.decode()


def test_an_output_that_takes_nothing_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run([*DOOR, "write", "hi"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr == "Error: The output: No space left on device.\n"


def test_an_empty_picture_is_refused() -> None:
    ran = command("write", "What is it?", "--image", "")
    assert ran.returncode == 2
    assert b"--image is empty" in ran.stderr
