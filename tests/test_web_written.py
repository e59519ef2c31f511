"""What is written for Next.js and React is strict TypeScript, and holds every text exactly."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from chat_completions.errors import NotOffered
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.types import ProgramRequest
from chat_completions.replay.server import find_interpreter
from support.generation import make_combination, of_each_kind
from support.running import WEB
from support.variants import Variant, request, texts
from support.web import SDK, bundle, needs, types_are_clean

TEXTS = [text for text in texts("texts") if text and text.encode(errors="ignore").decode() == text]
PACKAGES = {"route": WEB, "component": WEB, "ai": WEB, "ainative-react-sdk": SDK}


@pytest.mark.parametrize("library", PACKAGES)
def test_types_are_clean(library: str, tmp_path: Path, full: bool) -> None:
    """Programs of the library, with and without a system text and a stand-in model."""
    needs("node")
    offered = offered_combinations() if full else of_each_kind(offered_combinations())
    listed = [item for item in offered if item.library == library and item.language in ("nextjs", "react")]
    assert listed
    for number, combination in enumerate(listed):
        for system, model in ((None, None), ("Be kind.", "gpt-4o")):
            try:
                program = make_combination(combination, system=system, model=model)
            except NotOffered:
                assert model
                continue
            extension = program.filename.rpartition(".")[2]
            (tmp_path / f"{number}-{model}.{extension}").write_text(program.code, encoding="utf-8")
    stubs = ["--noUnusedParameters", "false"] if library == "ai" else []  # of tools, which name their arguments
    types_are_clean(tmp_path, PACKAGES[library], *stubs)


@pytest.mark.parametrize("library", ["component", "ai", "ainative-react-sdk"])
def test_texts_stand_in_the_page_exactly(library: str, tmp_path: Path) -> None:
    """Each text as a turn of the conversation, and the last as what the message begins with."""
    needs("node")
    orders = {"up": TEXTS, "down": TEXTS[::-1]}
    pages = {name: _page(library, order) for name, order in orders.items()}
    bundle(pages, tmp_path, PACKAGES[library], "look")
    for name, order in orders.items():
        look = (tmp_path / f"{name}.html").read_bytes().decode()
        shown = [html.unescape(item) for item in re.findall(r"</strong> (?:<!-- -->)?(.*?)</p>", look, re.DOTALL)]
        begun = re.findall(r"<textarea[^>]*>(.*?)</textarea>", look, re.DOTALL)
        assert shown == order[:-1]
        assert [html.unescape(item).removeprefix("\n" * order[-1].startswith("\n")) for item in begun] == [order[-1]]


def _page(library: str, order: list[str]) -> str:
    messages = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(order)]
    program_request = request(Variant(f"react-{library}"), task="conversation", messages=messages)
    return generate_program(program_request._replace(gateway="ainative", protocol=None)).code


@pytest.mark.parametrize("library", PACKAGES)
def test_a_conversation_with_more_than_text_is_refused(library: str) -> None:
    language = "nextjs" if library in ("route", "ai") else "react"
    called: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": []}
    picture = {"role": "user", "content": [{"type": "text", "text": "What is it?"}]}
    for message in (called, picture, {"role": "tool", "tool_call_id": "c", "content": "4"}):
        with pytest.raises(
            NotOffered,
            match=r"takes messages with text of system, (developer, )?user, assistant, which message 2 is not",
        ):
            generate_program(
                ProgramRequest(
                    "ainative", "conversation", language, library, messages=[{"role": "user", "content": "Hi"}, message]
                )
            )


def test_the_key_is_a_variable_of_the_server() -> None:
    route = generate_program(request(Variant("nextjs-route", mode="stream")))
    page = generate_program(request(Variant("react-component", mode="stream")))
    assert "process.env.AITOLL_API_KEY" in route.code
    assert "NEXT_PUBLIC" not in route.code + page.code
    assert "process.env" not in page.code
    assert route.run == f"mkdir -p app/api/chat && cp {route.filename} app/api/chat/route.ts && npm run dev"


def test_a_file_of_an_app_is_not_run_alone() -> None:
    with pytest.raises(NotOffered, match="belongs in an app"):
        find_interpreter(generate_program(request(Variant("nextjs-route", mode="stream"))))


def test_the_vendors_package_is_for_its_gateway_and_header_alone() -> None:
    program_request = ProgramRequest("ainative", language="react", library="ainative-react-sdk")
    program = generate_program(program_request)
    assert program.plan.auth.header == "Authorization"
    assert any("the key is in the browser" in note for note in program.notes)
    for other in (
        program_request._replace(gateway="aitoll"),
        program_request._replace(stream=True),
        program_request._replace(auth="api-key"),
    ):
        with pytest.raises(NotOffered):
            generate_program(other)
