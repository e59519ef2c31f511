"""`init`: presets of well-known gateways, and a file for any other."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.cli.init import preset_names
from chat_completions.errors import BadInput
from chat_completions.generate import generate_program
from chat_completions.paths import references
from chat_completions.planning.types import ProgramRequest
from support.command_line import command

EXPECTED = {
    *("openrouter", "deepseek", "siliconflow", "zhipu", "moonshot", "dashscope", "volcengine", "ollama", "lm-studio"),
    *("vllm", "azure", "azure-dated", "cloudflare", "new-api"),
}


def init(folder: Path, *args: str) -> Any:
    return command("init", *args, env={"CHAT_COMPLETIONS_HOME": str(folder)})


def test_every_preset_is_listed_with_what_it_is(tmp_path: Path) -> None:
    lines = init(tmp_path).stdout.decode().splitlines()
    assert {line.split("\t")[0] for line in lines} == EXPECTED == set(preset_names())
    assert all(line.split("\t")[1].endswith(".") for line in lines)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_preset_says_its_source_and_becomes_a_gateway(name: str, tmp_path: Path) -> None:
    text = (references() / "presets" / f"{name}.yaml").read_text(encoding="utf-8")
    assert "# Source: " in text
    assert "read 2026-" in text
    file = tmp_path / f"{name}.yaml"
    file.write_text(text.replace("YOUR-MODEL", "a-model").replace("YOUR-", "my-"), encoding="utf-8")
    program = generate_program(ProgramRequest(str(file)))
    assert program.plan.gateway.base_url.startswith("http")
    assert not program.plan.model.startswith("YOUR-")


def test_a_preset_is_written_once_and_then_only_with_force(tmp_path: Path) -> None:
    result = init(tmp_path, "Open Router")
    assert result.returncode == 0
    file = tmp_path / "gateways" / "openrouter.yaml"
    assert "OPENROUTER_API_KEY" in result.stderr.decode()
    assert "--gateway openrouter" in result.stderr.decode()
    file.write_text(file.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    assert init(tmp_path, "openrouter").returncode == 2
    assert file.read_text(encoding="utf-8").endswith("# mine\n")
    assert init(tmp_path, "openrouter", "--force", "--model", "maker/one").returncode == 0
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["models"] == ["maker/one"]


def test_what_is_not_filled_in_is_refused_with_its_place(tmp_path: Path) -> None:
    result = init(tmp_path, "azure")
    assert result.returncode == 0
    assert b"export AZURE_OPENAI_API_KEY=" in result.stderr
    with pytest.raises(BadInput, match="YOUR-RESOURCE"):
        load_gateway(str(tmp_path / "gateways" / "azure.yaml"))
    assert init(tmp_path, "ollama").returncode == 0
    with pytest.raises(BadInput, match="names no model yet"):
        generate_program(ProgramRequest(str(tmp_path / "gateways" / "ollama.yaml")))
    assert (
        generate_program(ProgramRequest(str(tmp_path / "gateways" / "ollama.yaml"), model="qwen3:8b")).plan.model
        == "qwen3:8b"
    )


def test_a_file_that_is_not_filled_in_hides_no_other_gateway(tmp_path: Path) -> None:
    env = {"CHAT_COMPLETIONS_HOME": str(tmp_path)}
    assert init(tmp_path, "azure").returncode == 0
    listed = command("list", "gateways", env=env)
    assert b"aitoll" in listed.stdout
    assert b"YOUR-RESOURCE" in listed.stderr
    arguments = ["--base-url", "http://localhost:9/v1", "--key", "none", "--model", "m", "--run"]
    result = command("write", "Hi", *arguments, "--output", str(tmp_path / "ask-it.py"), env=env)
    assert result.returncode == 0, result.stderr


def test_a_preset_takes_an_address_of_the_user_s_own(tmp_path: Path) -> None:
    address = "https://res.openai.azure.com/openai/v1"
    assert init(tmp_path, "azure", "--base-url", address, "--model", "d").returncode == 0
    gateway = load_gateway(str(tmp_path / "gateways" / "azure.yaml"))
    assert (gateway.base_url, gateway.auth[0].header, list(gateway.models)) == (address, "api-key", ["d"])


def test_a_preset_takes_an_address_without_tls_where_that_is_said(tmp_path: Path) -> None:
    options = ["--base-url", "http://models.example.com:11434/v1", "--model", "m"]
    assert init(tmp_path, "ollama", *options).returncode == 2
    assert init(tmp_path, "ollama", *options, "--allow-http").returncode == 0
    assert load_gateway(str(tmp_path / "gateways" / "ollama.yaml")).allow_http


def test_any_other_gateway_is_written_from_options(tmp_path: Path) -> None:
    options = ["--base-url", "https://gw.example.com/v1", "--key", "MY_API_KEY", "--model", "a", "--model", "b"]
    assert init(tmp_path, "My Corp", *options).returncode == 0
    gateway = load_gateway(str(tmp_path / "gateways" / "my-corp.yaml"))
    assert (gateway.name, gateway.base_url, list(gateway.models)) == ("My Corp", options[1], ["a", "b"])


@pytest.mark.parametrize(
    ("name", "file", "shown"),
    [
        ("Team/Gateway", "team-gateway", "Team-Gateway"),
        ("智谱", "gw-example-com", "智谱"),
        ("a" * 60, "a" * 60, "a" * 40),
    ],
)
def test_whatever_a_gateway_is_called_its_file_is_right(name: str, file: str, shown: str, tmp_path: Path) -> None:
    options = ["--base-url", "http://gw.example.com/v1", "--allow-http", "--key", "none", "--model", "m"]
    assert init(tmp_path, name, *options).returncode == 0
    gateway = load_gateway(str(tmp_path / "gateways" / f"{file}.yaml"))
    assert (gateway.name, gateway.allow_http) == (shown, True)


@pytest.mark.parametrize(
    ("preset", "lines"),
    [
        ("cloudflare", ["YOUR-ACCOUNT, YOUR-GATEWAY, YOUR-MODEL", "PROVIDER_API_KEY=", "CF_AIG_TOKEN="]),
        ("lm-studio", ["YOUR-MODEL", 'LM_API_TOKEN="your-key"  # if it has one']),
        ("ollama", ["YOUR-MODEL"]),
    ],
)
def test_every_place_and_every_variable_is_named(preset: str, lines: list[str], tmp_path: Path) -> None:
    stderr = init(tmp_path, preset).stderr.decode()
    assert [line for line in lines if line not in stderr] == []
    assert stderr.count("export ") == len(lines) - 1


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (["opnrouter"], "'openrouter'"),
        (["aitoll"], "needs no file"),
        (["x", "--base-url", "https://gw.example.com/v1", "--key", "sk-1234567890abcdef"], "NAME of a variable"),
        (["x", "--base-url", "https://gw.example.com/v1"], "--key"),
        (["x", "--base-url", "http://gw.example.com/v1", "--key", "none"], "without TLS"),
        (["openrouter", "--key", "MY_API_KEY"], "--base-url"),
        (["azure", "--base-url", "https://gw.example.com/v1", "--key", "MY_API_KEY"], "leave --key out"),
        (["azure", "--base-url", "https://gw.example.com/v1/chat/completions"], "more than a base URL"),
        (["aitoll", "--base-url", "https://gw.example.com/v1", "--key", "none"], "Choose another NAME"),
    ],
)
def test_a_wrong_call_says_what_to_do_and_writes_nothing(args: list[str], part: str, tmp_path: Path) -> None:
    result = init(tmp_path, *args)
    assert result.returncode == 2
    assert part in result.stderr.decode()
    assert "sk-1234567890abcdef" not in result.stderr.decode()
    assert list(tmp_path.iterdir()) == []
