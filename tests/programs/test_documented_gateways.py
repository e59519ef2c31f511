"""Gateway files written from public documentation alone: each receives what its documentation wants."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_completions.generate import generate_program
from chat_completions.planning.types import ProgramRequest
from support.generation import hello, run_against
from support.running import missing

FILES = Path(__file__).resolve().parents[1] / "catalog" / "gateways"
TABLE = yaml.safe_load((Path(__file__).parent / "cases" / "documented_gateways.yaml").read_text(encoding="utf-8"))
PROMPT = "Say hello"
QUESTION: dict[str, dict[str, Any]] = {
    "gemini-generate": {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]},
    "anthropic-messages": {"messages": [{"role": "user", "content": PROMPT}]},
    "openai-chat": {"messages": [{"role": "user", "content": PROMPT}]},
}


class Keys(dict[str, str]):
    """A made-up key for every variable."""

    def __missing__(self, name: str) -> str:
        return f"secret-of-{name}"


def _runs() -> Iterator[Any]:
    for gateway, requests in TABLE.items():
        for number, expected in enumerate(requests, 1):
            for client in expected["clients"]:
                yield pytest.param(gateway, expected, *client.split("-", 1), id=f"{gateway}-{number}-{client}")


@pytest.mark.parametrize(("gateway", "expected", "language", "library"), list(_runs()))
def test_a_documented_gateway_receives_what_it_wants(
    gateway: str, expected: Mapping[str, Any], language: str, library: str
) -> None:
    if missing(language, library):
        pytest.skip(missing(language, library))
    request = ProgramRequest(
        str(FILES / f"{gateway}.yaml"),
        protocol=expected.get("protocol", "openai-chat"),
        language=language,
        library=library,
        prompt=PROMPT,
        params=expected.get("params", {}),
        stream=expected.get("stream", False),
    )
    program = generate_program(request)
    keys = {key.key_env: Keys()[key.key_env] for key in program.plan.keys}
    result, received = run_against(program, hello(program), expected.get("unset", ()), keys)
    assert (result.code, b"Hello" in result.stdout) == (0, True), result.stderr
    assert len(received) == 1
    assert (received[0].method, received[0].path) == ("POST", expected["path"])
    for name, value in expected["headers"].items():
        assert received[0].headers.get(name) == (value and value.format_map(Keys())), name
    body = json.loads(received[0].body)
    if body.get("stream") is False:
        del body["stream"]
    assert body == {**expected["body"], **QUESTION[program.plan.protocol]}


def test_every_file_is_tried_and_has_a_source() -> None:
    assert sorted(TABLE) == sorted(file.stem for file in FILES.glob("*.yaml"))
    for file in FILES.glob("*.yaml"):
        facts = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert facts["base_url"]["source"] in facts["sources"], file.name


@pytest.mark.parametrize(
    "client", ["requests", "httpx", "openai", "anthropic", "google-genai", "fetch", "ai", "curl", "plain", "route"]
)
def test_every_client_is_tried(client: str) -> None:
    tried = {
        client.split("-", 1)[1]
        for requests in TABLE.values()
        for expected in requests
        for client in expected["clients"]
    }
    assert client in tried
