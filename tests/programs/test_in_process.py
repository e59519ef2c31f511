"""Programs on requests and httpx are imported, and their function is called, under pytest-recording.

No server is involved: vcrpy plays the cassette inside the HTTP library, and compares method, URL, JSON body, and the
headers that are recorded.
"""

import json
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from chat_completions.generate import generate_program
from chat_completions.planning.types import RequestPlan
from support.cassette_programs import (
    CASSETTES,
    CassetteProgram,
    cassette_programs,
    check_output,
    key_of,
    load_cassette,
    runs_in_process,
)
from support.running import CERTIFICATE
from vcr.cassette import Cassette

KEY = "key-of-the-tests-0123456789"
PLAYED = [program for program in cassette_programs() if runs_in_process(program)]
FUNCTIONS = {"models": "list_models", "balance": "get_balance", "image": "generate_image"}


@pytest.fixture(params=PLAYED, ids=lambda program: f"{program.gateway}/{program.name}-{program.library}")
def played(request: pytest.FixtureRequest) -> CassetteProgram:
    program: CassetteProgram = request.param
    return program


@pytest.fixture
def vcr_cassette_dir(played: CassetteProgram) -> str:
    return str(CASSETTES / played.gateway)


@pytest.fixture
def default_cassette_name(played: CassetteProgram) -> str:
    return played.name


@pytest.fixture
def vcr_config(played: CassetteProgram) -> dict[str, Any]:
    return {
        "record_mode": "none",
        "match_on": ["as_recorded"],
        # A failure stands once in its cassette, however often the program asks again.
        "allow_playback_repeats": load_cassette(played.cassette)["expect"]["exit"] != 0,
    }


@pytest.mark.vcr
def test_the_function_returns_what_its_cassette_holds(
    played: CassetteProgram, vcr: Cassette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, data = generate_program(played.request), load_cassette(played.cassette)
    monkeypatch.setenv(program.plan.auth.key_env, key_of(data, KEY))
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))  # else each client of httpx reads all certificates there are
    monkeypatch.setattr(time, "sleep", lambda _: None)  # between a failure and its repetition
    monkeypatch.chdir(tmp_path)
    module = ModuleType("printed")
    exec(compile(program.code, program.filename, "exec"), module.__dict__)  # noqa: S102 - the program under test
    if data["expect"]["exit"]:
        with pytest.raises(Exception, match=r"\S") as caught:
            call(module, program.plan)
        assert KEY not in str(caught.value)
    else:
        result = call(module, program.plan)
        files = (
            {str(number): content for number, content in enumerate(result)} if program.plan.template == "image" else {}
        )
        assert check_output(data, program.plan.template, program.plan.stream, as_text(result), files) == ""
    assert vcr.all_played


def call(module: ModuleType, plan: RequestPlan) -> Any:
    """Call the program's function as its user would; a stream is read to its end."""
    name = FUNCTIONS.get(plan.template, "stream" if plan.stream and plan.template != "structured" else "ask")
    arguments = (
        [] if plan.template in ("models", "balance") else [module.MESSAGES if plan.prompt is None else plan.prompt]
    )
    result = getattr(module, name)(*arguments)
    return "".join(result) if name == "stream" else result


def as_text(result: Any) -> str:
    """Return a result as the main part would print it."""
    if isinstance(result, (dict, float, int)) or not all(isinstance(item, str) for item in result):
        return "" if isinstance(result, list) and isinstance(result[0], bytes) else json.dumps(result)
    return result if isinstance(result, str) else "\n".join(result)
