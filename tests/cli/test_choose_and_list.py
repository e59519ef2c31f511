"""`choose` and `list` as a user meets them."""

import json
from pathlib import Path

from chat_completions import __version__
from chat_completions.catalog.gateway_loader import load_gateway
from support.command_line import command, command_at


def test_choose_json_has_every_key() -> None:
    data = json.loads(command("choose", "--gateway", "aitoll", "--priority", "cost", "--format", "json").stdout)
    assert list(data) == [
        "model",
        "rule",
        "reason",
        "alternatives",
        "notes",
        "evidence",
        "context",
        "makers_price",
    ]
    assert (data["model"], data["rule"]) == ("deepseek-chat", "cost")


def test_choose_applies_the_rules_that_write_applies() -> None:
    assert command("choose", "--param", "bogus=1").returncode == 2
    assert command("choose", "--model", "gpt-5.2", "--param", "temperature=1").returncode == 3
    arguments = ["--gateway", "aireiter", "--protocol", "openai-chat", "--param", "stop=x"]
    assert b"no effect" in command("choose", *arguments).stdout
    assert command("write", "x", "--gateway", "aireiter", "--model", "gpt_image_2").returncode == 3


def test_choose_names_a_model_where_answers_come_only_as_a_stream(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: Mine\nbase_url: https://gw.example.com/v1\nkey: MINE_API_KEY\nmodels: [m]\n"
        "default_body: {openai-chat: {stream: true}}\n"
    )
    whole = command("choose", "--gateway", str(file))
    assert (whole.returncode, b"Add --stream." in whole.stderr) == (3, True)
    assert b"Model: m" in command("choose", "--gateway", str(file), "--stream").stdout


def test_lists() -> None:
    assert command("list", "gateways").stdout.decode().split("\n")[0].startswith("aiclient-2-api\t")
    combinations = json.loads(command("list", "combinations", "--gateway", "aitoll", "--format", "json").stdout)
    assert all(
        set(combination) == {"gateway", "task", "language", "library", "protocol", "stream", "asynchronous"}
        for combination in combinations
    )
    everything = json.loads(command("list", "combinations", "--gateway", "aitoll", "--all", "--format", "json").stdout)
    refused = [combination for combination in everything if not combination["offered"]]
    assert len(everything) == len(combinations) + len(refused)
    assert refused
    assert all(
        combination["reason"] and combination["nearest"].startswith("--gateway aitoll ") for combination in refused
    )
    lines = command("list", "combinations", "--gateway", "aitoll", "--all").stdout.decode().splitlines()
    assert [len(line.split("\t")) for line in lines] == [
        7 if combination["offered"] else 9 for combination in everything
    ]
    for kind in ("tasks", "languages", "models"):
        assert command("list", kind).returncode == 0


def test_version() -> None:
    assert command("--version").stdout.decode().strip().endswith(__version__)


def test_what_there_is_can_be_asked_of_one_gateway() -> None:
    assert "balance" in command("list", "tasks").stdout.decode()
    assert "balance" not in command("list", "tasks", "--gateway", "aitoll").stdout.decode()
    assert "balance" in command("list", "tasks", "--gateway", "ainative").stdout.decode()
    assert command("list", "languages", "--gateway", "aitoll").stdout


def test_a_task_without_a_model_is_hinted_at_only_where_it_is_offered() -> None:
    assert "write --task balance" in command("choose", "--task", "balance", "--gateway", "ainative").stderr.decode()
    result = command("choose", "--task", "balance", "--gateway", "aitoll")
    assert result.returncode == 3
    assert "write --task balance" not in result.stderr.decode()


def test_choose_says_context_and_the_makers_price_and_a_retirement_first() -> None:
    lines = command("choose", "--gateway", "aitoll", "--priority", "cost").stdout.decode().splitlines()
    context, price = (next(line for line in lines if line.startswith(name)) for name in ("Context:", "Price:"))
    assert "1,000,000" in context
    assert "the maker's price" in price
    assert all("models.dev" in line and "2026-" in line for line in (context, price))
    notes = [line for line in lines if line.startswith("Note:")]
    assert "retired deepseek-chat" in notes[0]


def test_choose_all_shows_every_model_as_a_table() -> None:
    shown = command("choose", "--gateway", "aitoll", "--all").stdout.decode()
    table = shown.split("\n\n")[1].splitlines()
    assert len(table) == 1 + len(load_gateway("aitoll").models)
    assert next(line for line in table if line.startswith("*")).split()[1] == "glm-4.7"


def test_a_file_that_is_not_finished_hides_no_other_gateway(tmp_path: Path) -> None:
    assert command_at(tmp_path, "init", "ollama").returncode == 0
    listed = command_at(tmp_path, "list", "combinations")
    assert listed.returncode == 0
    assert listed.stdout.startswith("aiclient-2-api")
    assert "Left out: The file of the gateway 'ollama' names no model yet." in listed.stderr
    assert command_at(tmp_path, "list", "combinations", "--gateway", "ollama").returncode == 2
