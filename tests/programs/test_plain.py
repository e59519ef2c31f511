"""One-line checks of a key and plain curl commands: what they say when the gateway refuses, and what they show."""

import json

import pytest
from chat_completions.catalog.gateway_loader import gateway_names
from chat_completions.errors import BadInput, NotOffered
from chat_completions.generate import generate_program
from chat_completions.planning.types import Program, ProgramRequest
from support.case_runner import KEY
from support.command_line import command
from support.replies import Reply
from support.running import RunResult, run
from support.serving import Server

JSON, HTML = [("content-type", "application/json")], [("content-type", "text/html")]
REFUSALS = [
    (Reply(401, JSON, b'{"error": {"message": "no such key", "code": "bad"}}'), "Error: no such key"),
    (Reply(200, JSON, b'{"code": 401, "msg": "no such key"}'), "Error: no such key"),
    (Reply(400, JSON, b'[{"error": {"message": "no such key"}}]'), "Error: no such key"),
    (Reply(200, HTML, b"<html>Sign in</html>"), "Error: <html>Sign in</html>"),
]


def run_against(reply: Reply, **options: object) -> tuple[Program, RunResult]:
    """Run a program of AITOLL's against one reply, served as often as it is asked for."""
    with Server([reply, reply, reply]) as server:
        program = generate_program(ProgramRequest("aitoll", base_url=f"{server.url}/api", **options))  # type: ignore[arg-type]
        return program, run(program.code, "shell", {program.plan.auth.key_env: KEY})


@pytest.mark.parametrize(("reply", "line"), REFUSALS, ids=lambda value: getattr(value, "status", value))
def test_a_check_of_the_key_ends_with_the_servers_error(reply: Reply, line: str) -> None:
    _, ran = run_against(reply, task="ping")
    assert (ran.code, ran.stdout, ran.stderr.strip()) == (1, b"", line)


@pytest.mark.parametrize("gateway", gateway_names())
def test_every_gateway_has_a_check_of_its_key_in_one_line(gateway: str) -> None:
    code = generate_program(ProgramRequest(gateway, "ping")).code
    assert len(code.splitlines()) == 1
    assert code.endswith("\n")


@pytest.mark.parametrize(
    "options", [{"task": "ping"}, {"language": "shell", "library": "plain"}], ids=["ping", "plain"]
)
def test_no_process_shows_the_key(options: dict[str, str]) -> None:
    _, ran = run_against(
        Reply(200, JSON, json.dumps({"choices": [{"message": {"content": "Hi"}}]}).encode()), **options
    )
    assert ran.code == 0
    assert not any(KEY.encode() in line for line in ran.processes)


def test_a_plain_command_shows_an_error_as_it_is_and_fails() -> None:
    _, ran = run_against(REFUSALS[0][0], language="shell", library="plain")
    assert ran.code != 0
    assert ran.stdout == REFUSALS[0][0].body


def test_plain_is_an_option_of_write() -> None:
    assert command("write", "Hi", "--plain").stdout.startswith(b"curl ")
    assert command("write", "Hi", "--plain", "--language", "python").returncode == 2


def test_what_plain_curl_has_no_place_for_is_refused() -> None:
    for options in ({"task": "vision"}, {"task": "structured"}, {"fallback": True}):
        with pytest.raises(NotOffered):
            generate_program(ProgramRequest("aitoll", language="shell", library="plain", **options))
    with pytest.raises((BadInput, NotOffered)):
        generate_program(ProgramRequest("aitoll", "ping", language="python"))
