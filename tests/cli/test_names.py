"""Names as people write them: case, spaces and hyphens do not matter, and common other names are known."""

from pathlib import Path

import pytest
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.catalog.load import load_language, load_task
from chat_completions.errors import UnknownName
from chat_completions.generate import generate_program
from chat_completions.planning.types import ProgramRequest


@pytest.mark.parametrize(
    ("name", "id_"),
    [("AITOLL", "aitoll"), ("AIClient-2-API", "aiclient-2-api"), ("Ai Reiter", "aireiter"), ("llama.cpp", "llama-cpp")],
)
def test_a_gateway_is_found_by_its_name(name: str, id_: str) -> None:
    assert load_gateway(name).id == id_


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Chat", "chat"),
        ("summarize", "chat"),
        ("translate", "chat"),
        ("Function Calling", "tools"),
        ("JSON", "structured"),
    ],
)
def test_a_task_is_found_by_its_common_names(name: str, id_: str) -> None:
    assert load_task(name).id == id_


@pytest.mark.parametrize(("name", "id_"), [("Python", "python"), ("Node.js", "javascript"), ("cURL", "shell")])
def test_a_language_is_found_by_its_common_names(name: str, id_: str) -> None:
    assert load_language(name).id == id_


@pytest.mark.parametrize(
    ("library", "protocol", "expected"),
    [
        ("OpenAI", None, ("openai", "openai-chat")),
        ("Claude", None, ("anthropic", "anthropic-messages")),
        ("Google GenAI", "Gemini", ("google-genai", "gemini-generate")),
        ("requests", "claude", ("requests", "anthropic-messages")),
    ],
)
def test_libraries_and_protocols_are_found_by_their_common_names(
    library: str, protocol: str | None, expected: tuple[str, str]
) -> None:
    program = generate_program(ProgramRequest("aiclient-2-api", library=library, protocol=protocol))
    assert (program.resolution.library.id, program.plan.protocol) == expected


def test_a_gateway_of_the_users_is_found_by_the_name_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path))
    folder = tmp_path / "gateways"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(
        'name: "My Own Gateway"\nbase_url: https://api.example.com/v1\nkey: MY_API_KEY\nmodels: [one]\n',
        encoding="utf-8",
    )
    assert load_gateway("my own gateway").id == "mine"
    assert load_gateway("MINE").id == "mine"


def test_a_slip_of_the_pen_is_compared_in_the_same_way() -> None:
    with pytest.raises(UnknownName, match="AI-TOLLL") as caught:
        load_gateway("AI-TOLLL")
    assert caught.value.hint == "Did you mean 'aitoll'?"
