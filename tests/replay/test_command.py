"""The commands `replay`, `check` against it, and `write --run`, also for a gateway of the user's own."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.command_line import command_at, start_command

FILE = """name: Mine
base_url: https://gw.example.com/v3
key: MINE_API_KEY
endpoints:
  openai-chat: [{name: default, path: /chat/completions}]
  model-list: [{name: default, path: /models}]
  credit-balance: [{name: default, path: /balance, result_paths: [data.left]}]
models: [large, small]
"""


def add_gateway(home: Path) -> None:
    (home / "gateways").mkdir()
    (home / "gateways" / "mine.yaml").write_text(FILE, encoding="utf-8")


@contextmanager
def replaying(home: Path, *arguments: str) -> Iterator[dict[str, str]]:
    """The command `replay` while the block runs, as the variables that it prints."""
    with start_command(home, "replay", *arguments, "--port", "0") as process:
        try:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(2)]
            yield dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def test_check_distinguishes_a_right_key_from_a_wrong_one(tmp_path: Path) -> None:
    add_gateway(tmp_path)
    with replaying(tmp_path, "mine") as env:
        right = command_at(tmp_path, "check", "mine", env=env)
        wrong = command_at(tmp_path, "check", "mine", env={**env, "MINE_API_KEY": "wrong-key"})
    assert right.returncode == 0, right.stdout
    assert "of those known here: large, small" in right.stdout
    assert "Credit left: 100 (left)" in right.stdout
    assert wrong.returncode == 1
    assert "Key accepted: no" in wrong.stdout


def run_program(home: Path, *arguments: str) -> tuple[str, str]:
    """Run the command in a process, whose stdout the program shares; return stdout and stderr."""
    with start_command(home, *arguments) as process:
        stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    return stdout, stderr


def test_run_prints_the_answer_alone_when_the_program_goes_to_a_file(tmp_path: Path) -> None:
    options = ("--gateway", "aitoll", "--run", "--output", "ask.py")
    stdout, stderr = run_program(tmp_path, "write", "Name a river.", *options)
    assert "import" not in stdout
    assert stdout.count("\n") == 1
    assert "not recorded [aitoll/chat (constructed)]" in stderr
    assert (tmp_path / "ask.py").is_file()


def test_a_gateway_without_recordings_is_answered_in_the_form_of_its_protocol(tmp_path: Path) -> None:
    add_gateway(tmp_path)
    stdout, stderr = run_program(tmp_path, "write", "Hi", "--gateway", "mine", "--model", "large", "--run")
    assert stdout.startswith('"""')
    assert "generated from" in stderr


def test_a_fault_is_served_first(tmp_path: Path) -> None:
    add_gateway(tmp_path)
    with replaying(tmp_path, "mine", "--fault", "402") as env:
        result = command_at(tmp_path, "check", "mine", env=env)
    assert "no credit is left" in result.stdout
