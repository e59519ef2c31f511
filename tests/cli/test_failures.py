"""How the command fails: one line, a hint, an exit code, and no secret."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from support.command_line import COMMAND, command

FAILURES = [
    (["write", "x", "--gateway", "aitol"], 2, "'aitoll'"),
    (["write", "x", "--task", "caht"], 2, "'chat'"),
    (["write", "x", "--language", "pyton"], 2, "'python'"),
    (["write", "x", "--library", "request"], 2, "'requests'"),
    (["write", "x", "--model", "glm-4.77"], 2, "'glm-4.7'"),
    (["write", "x", "--base-url", "http://localhost:11434/v1", "--model", "qwen3:8b"], 2, "`--key none`"),
    (["write", "x", "--param", "temprature=1"], 2, "'temperature'"),
    (["write", "x", "--param", "temperature"], 2, "NAME=VALUE"),
    (["write", "x", "--param", "seed=1", "--param", "seed=2"], 2, "twice"),
    (["write", "x", "--param", "max_tokens=0"], 2, "at least 1"),
    (["write", "x", "--gateway", "aireiter", "--library", "openai", "--param", "n=2"], 3, "one choice"),
    (["write", "x", "--priority", "quality", "--param", "temperature=1"], 3, "gpt-5.2"),
    (["write", "x", "--protocol", "openai-caht"], 2, "openai-chat"),
    (["write", "x", "--gateway", "aitoll", "--protocol", "anthropic-messages"], 3, "openai-chat"),
    (["write", "x", "--task", "chatbot"], 3, "reads each prompt when it runs"),
    (["write", "x", "--task", "batch"], 3, "reads a file of prompts"),
    (["write", "--task", "chatbot", "--language", "shell"], 3, "--task chatbot --language"),
    (["write", "--task", "batch", "--library", "requests"], 3, "take httpx"),
    (["write", "x", "--gateway", "ainative", "--library", "google-genai"], 3, "Nearest that works: "),
    (["write", "--gateway", "ainative", "--task", "image"], 3, "Nearest that works: "),
    (["write", "--gateway", "aitoll", "--task", "models"], 3, "Supported protocols of AITOLL: openai-chat"),
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
    (["choose", "--gateway", "ainative", "--task", "balance"], 3, "uses no model"),
    (["write", "x", "--endpoint", "publik", "--gateway", "ainative"], 2, "'public'"),
    (["write", "x", "--auth", "jtw", "--gateway", "ainative"], 2, "'jwt'"),
    (["write", "x", "--messages", "absent.json"], 2, "contradict"),
    (["write", "--messages", "absent.json"], 2, "cannot be read"),
    (["write", "x", "--gateway", "absent.yaml"], 2, "cannot be read"),
    (["write", "x", "--stram"], 2, "--stream"),
    (["write", "x", "--gateway", "aitoll", "--base-url", "gw.example.com/v1"], 2, "https://"),
    (["write", "x", "--gateway", "aitoll", "--base-url", "http://gw.example.com"], 2, "https://"),
    (
        ["write", "x", "--gateway", "aitoll", "--base-url", "https://gw.example.com/v1/chat/completions/"],
        2,
        "Leave /chat/completions off",
    ),
    (["write", "x", "--param", "temprature=1"], 2, "Did you mean 'temperature'? A gateway file of your own can name"),
    (["write", "x", "--gateway", "aitoll", "--base-url", "https://gw.example.com/$(id)/v1"], 2, "https://"),
    (["write", "x", "--model", "a\r\nX-Evil: 1"], 2, "control"),
    (["write", "x", "--priority", "cheap"], 2, "cost"),
    (["write", "x", "--fallback", "--model", "gpt-5.2"], 3, "--model names gpt-5.2 alone"),
    (["write", "x", "--fallback", "--task", "ping"], 3, "does not go with the task"),
    (["write", "x", "--image", "ftp://x.example/a.png"], 2, "http(s) URL"),
    (["write", "x", "--image", "data:text/plain,hi"], 2, "data:image/png;base64"),
    (["write", "x", "--image", "."], 2, "is a folder"),
    (["write", "x", "--output", "absent/"], 2, "is a folder"),
    (["write", "x", "--output", "x.py", "--format", "json"], 2, "--format json"),
    (["write", "x", "--output", f"{'x' * 300}.py"], 2, "cannot be written"),
    (["write", "x", "--gateway", "aitoll", "--base-url", "https://gw.example.com:99999/v1"], 2, "cannot be a base URL"),
    (
        ["write", "x", "--gateway", "aitoll", "--base-url", "https://gw.example.com/v1?version=3"],
        2,
        "A gateway file has `query`",
    ),
    (["write", "x", "--param", "stop=null"], 2, "not null"),
    (["write", "x", "--language", "javascript", "--param", "seed=12345678901234567890"], 2, "too large for JavaScript"),
    (["write", "x", "--gateway", "absent.json"], 2, "cannot be read"),
    (["init", "ollama", "--output", "absent/"], 2, "is a folder"),
    (["write", "x", "--output", "/dev/null/x.py"], 2, "cannot be written"),
    (["write", "hello", "world"], 2, "in quotes"),
    (["write", ""], 2, "empty"),
    (["write", "x", "--gateway", "https://g.example/v1"], 2, "--base-url https://g.example/v1"),
    (["write", "x", "--output", "."], 2, "folder"),
    (["write", "x", "--output", "-"], 2, "stdout"),
    (["write", "x", "--output", "ask.js"], 2, "'ask.py'"),
    (["write", "x", "--language", "javascript", "--output", "ask.ts"], 2, "'ask.mjs'"),
    (["list", "gatewys"], 2, "gateways"),
    (["frobnicate"], 2, "No such command"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "hint"), FAILURES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_failure_is_one_line_with_a_hint_and_its_code(
    arguments: list[str], code: int, hint: str, tmp_path: Path
) -> None:
    result = command(*arguments, cwd=tmp_path)
    stderr = result.stderr.decode()
    assert result.returncode == code, stderr
    assert result.stdout == b""
    assert stderr.startswith("Error: ")
    assert len(stderr.splitlines()) <= 2
    assert hint in stderr
    assert "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


MESSAGES = [
    ('[{"role": "user", "content": "Hi"}]', ".json", 0, ""),
    ('{"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}', ".json", 0, ""),
    ("- {role: user, content: Hi}\n", ".yaml", 0, ""),
    ('[{"role": "user", "content": "\\ud83d\\ude00"}]', ".json", 0, ""),
    ('[{"role": "user", "content": "\\ud83d alone"}]', ".json", 2, "surrogate"),
    ('[{"role": "user"}]', ".json", 2, ":1: item 0 has no content"),
    ('[{"role": "usr", "content": "x"}]', ".json", 2, "'usr'"),
    ('[{"role": "tool", "content": "x"}]', ".json", 2, "tool_call_id"),
    ('[{"role": "assistant", "content": null}]', ".json", 2, "no content"),
    ('[{"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]}]', ".json", 2, "function"),
    ("[]", ".json", 2, "list of messages"),
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
    result = command("write", "--messages", str(file), "--format", "json")
    assert result.returncode == code, result.stderr
    if code:
        assert hint in result.stderr.decode()
        assert str(file) in result.stderr.decode()
    else:
        assert json.loads(result.stdout)["task"] == "conversation"


def test_the_nearest_combination_that_is_named_works(tmp_path: Path) -> None:
    file = tmp_path / "my gateway's.yaml"
    file.write_text("name: Mine\nbase_url: https://gw.example.com/v1\nkey: MY_KEY\nmodels: [m]\n", encoding="utf-8")
    commands = [
        ["--gateway", str(file), "--library", "anthropic"],
        ["--base-url", "https://gw.example.com/v1", "--key", "MY_KEY", "--model", "m x", "--library", "anthropic"],
        ["--gateway", "ainative", "--task", "image"],
        ["--gateway", "aitoll", "--library", "anthropic"],
        ["--gateway", "aitoll", "--task", "models", "--language", "shell"],
        ["--gateway", "aireiter", "--task", "image", "--stream", "--language", "js"],
        ["--gateway", "aireiter", "--protocol", "gemini-generate", "--stream"],
    ]
    for arguments in commands:
        refused = command("write", "x", *arguments)
        assert refused.returncode == 3, arguments
        nearest = shlex.split(refused.stderr.decode().partition("Nearest that works: ")[2])
        assert nearest[:2] == arguments[:2]
        assert command("write", *nearest, "--output", "x", "--force", cwd=tmp_path).returncode == 0, nearest


DEEP = "[" * 5000


BROKEN_FILES = [
    ("gateway", ".yaml", ""),
    ("gateway", ".yaml", "name: x\nbase_url: https://g.x\n<<: {models: 5}\n"),
    ("gateway", ".yaml", "name: x\nbase_url: https://g.x\nmodels: [a]\ndefault_body: {foo: .nan}\n"),
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
    ("tools", ".json", '[\n\t{"name": "a"},\n\t{"name": 7}\n]'),
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
    result = command("write", *(["x"] if option == "gateway" else []), f"--{option}", str(file))
    stderr = result.stderr.decode()
    assert result.returncode == 2, stderr
    assert stderr.startswith("Error: ")
    assert len(stderr.splitlines()) <= 2
    assert "secret" not in stderr
    assert result.stdout == b""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--param", f"stop={DEEP * 10}"],
        ["--param", 'stop="\\ud800"'],
        ["--gateway", "~nobody-at-all/x.yaml"],
        ["--gateway", "aitoll", "--base-url", "https://me:abc123secret@gw.example.com"],
        ["--model", ""],
        ["--task", ""],
        ["--run", "--format", "json"],
    ],
)
def test_an_odd_option_is_one_line(arguments: list[str]) -> None:
    result = command("write", "x", *arguments)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr.decode()
    assert "secret" not in result.stderr.decode()


def test_closed_pipes_end_quietly() -> None:
    result = subprocess.run(
        f"{COMMAND[0]} {COMMAND[1]} write {'x' * 100_000} | head -c 10",
        shell=True,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in result.stderr


def test_an_output_that_takes_nothing_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run([*COMMAND, "write", "hi"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == "Error: The output: No space left on device.\n"


def test_an_empty_picture_is_refused() -> None:
    result = command("write", "What is it?", "--image", "")
    assert result.returncode == 2
    assert b"--image is empty" in result.stderr


def test_debug_shows_where_a_failure_happened() -> None:
    result = command("--debug", "choose", "--gateway", "aitol")
    assert result.returncode == 2
    assert b"Traceback" in result.stderr
    assert b"in load_gateway" in result.stderr
    assert result.stderr.endswith(b"Hint: Did you mean 'aitoll'?\n")
