"""Gateways without a key, with one that may be missing, and with several: replay, `write --run` and `check`."""

from pathlib import Path

import pytest
from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.cli.network import settings
from chat_completions.replay.matching import has_right_key
from chat_completions.replay.server import serve
from support.command_line import command_at, start_command

START = "name: Mine\nbase_url: http://localhost:8900/v1\nmodels: [one]\n"
FILES = {
    "none": START + "key: none\n",
    "optional": START + "key: {name: MINE_API_KEY, optional: true}\n",
    "two": START + 'key: MINE_API_KEY\nextra_keys: [{key: SECOND_TOKEN, header: x-second, prefix: ""}]\n',
}
FIRST, SECOND = {"authorization": "Bearer a-key"}, {"x-second": "another-key"}
WRONG = {"authorization": "Bearer wrong-key"}
CASES = [
    ("none", {}, True),
    ("optional", {}, True),
    ("optional", FIRST, True),
    ("optional", WRONG, False),
    ("two", {**FIRST, **SECOND}, True),
    ("two", FIRST, False),
    ("two", SECOND, False),
    ("two", {**WRONG, **SECOND}, False),
    ("two", {**FIRST, "x-second": "wrong-key"}, False),
]


def gateway_of(name: str, folder: Path) -> tuple[Gateway, Path]:
    file = folder / "mine.yaml"
    file.write_text(FILES[name], encoding="utf-8")
    return load_gateway(str(file)), file


@pytest.mark.parametrize(("name", "headers", "right"), CASES)
def test_the_replay_needs_each_key_that_the_gateway_needs(
    name: str, headers: dict[str, str], right: bool, tmp_path: Path
) -> None:
    assert has_right_key(headers, gateway_of(name, tmp_path)[0]) is right


@pytest.mark.parametrize(("name", "variables"), [("none", []), ("two", ["MINE_API_KEY", "SECOND_TOKEN"])])
def test_the_replay_prints_the_variables_to_set(name: str, variables: list[str], tmp_path: Path) -> None:
    gateway, _ = gateway_of(name, tmp_path)
    lines = list(settings({gateway.id: gateway}, "http://127.0.0.1:1", "a-key"))
    assert lines[1:] == [f"export {variable}=a-key" for variable in variables]


@pytest.mark.parametrize("name", FILES)
def test_a_program_runs_against_the_replay_with_all_its_keys(name: str, tmp_path: Path) -> None:
    _, file = gateway_of(name, tmp_path)
    with start_command(tmp_path, "write", "Hi", "--gateway", str(file), "--run", "--output", "ask-mine.py") as process:
        stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert stdout.strip()


@pytest.mark.parametrize(
    ("keys", "code", "part"),
    [
        ({"MINE_API_KEY": "a-key", "SECOND_TOKEN": "b-key"}, 0, "Key accepted: yes"),
        ({"MINE_API_KEY": "a-key", "SECOND_TOKEN": "wrong-key"}, 1, "Key accepted: no"),
        ({"MINE_API_KEY": "a-key"}, 2, "SECOND_TOKEN is not set"),
    ],
)
def test_check_sends_every_key_and_names_a_missing_one(
    keys: dict[str, str], code: int, part: str, tmp_path: Path
) -> None:
    gateway, file = gateway_of("two", tmp_path)
    with serve([], {gateway.id: gateway}) as replay:
        result = command_at(tmp_path, "check", str(file), "--base-url", f"{replay.url}/v1", env=keys)
    assert (result.returncode, part in result.stdout + result.stderr) == (code, True), result.stdout + result.stderr
