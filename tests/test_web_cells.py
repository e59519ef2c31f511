"""Every cell of React and Next.js against its cassette, matched strictly, each different page in a real browser.

A React page asks the route handler that was written with the same options; a page on a vendor's
package asks the gateway itself. Pages are alike for most cassettes: for one of them the handler is asked by the page, for the others
with the request that the page would send.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from chat_completions.errors import NotOffered
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.types import Program, ProgramRequest
from chat_completions.replay import cassette
from chat_completions.replay.player import Replay
from chat_completions.replay.server import serve
from playwright.sync_api import Page
from support.cassette_programs import CASSETTES, load_cassette
from support.running import WEB
from support.sent_by import sent_by
from support.web import SDK, bundle, chromium, document, needs, running

KEY = "key-of-the-tests-0123456789"
VENDOR = ("react", "ainative-react-sdk")
HANDLERS = {("react", "component"): ("nextjs", "route"), ("react", "ai"): ("nextjs", "ai")}  # by page
BROWSERS_OWN = "GET /favicon.ico "  # asked whenever it likes, by no program of ours


class Scenario(NamedTuple):
    """A cassette, and how its programs are named here."""

    file: Path

    @property
    def name(self) -> str:
        return f"{self.file.parent.name}.{self.file.stem}"

    def program(self, program: tuple[str, str], base_url: str | None = None) -> Program:
        """The program of this language and library that belongs to the cassette."""
        language, library = program
        options = {
            "protocol": "openai-chat",
            **load_cassette(self.file)["write"],
            **({"base_url": base_url} if base_url else {}),
        }
        return generate_program(ProgramRequest(self.file.parent.name, language=language, library=library, **options))


@cache
def scenarios(program: tuple[str, str]) -> list[Scenario]:
    """Those for which such a program is written."""
    written = []
    for scenario in map(Scenario, sorted(CASSETTES.glob("*/*.yaml"))):
        data = load_cassette(scenario.file)
        if "write" not in data or "/".join(program) not in data.get("programs", ["/".join(program)]):
            continue
        try:
            scenario.program(program)
        except NotOffered:
            continue
        written.append(scenario)
    return written


@cache
def together() -> list[tuple[tuple[str, str], Scenario]]:
    """The pages that ask a route of ours, with their scenarios."""
    return [(component, scenario) for component in HANDLERS for scenario in scenarios(component)]


@cache
def in_the_browser() -> list[tuple[tuple[str, str], Scenario]]:
    """One of these for each page that differs."""
    return list(
        {scenario.program(component).code: (component, scenario) for component, scenario in together()}.values()
    )


def page_request(component: tuple[str, str], scenario: Scenario) -> dict[str, Any]:
    """What the page sends to its handler."""
    plan = scenario.program(component).plan
    sent: Sequence[Any] = plan.messages if plan.prompt is None else [{"role": "user", "content": plan.prompt}]
    texts = [message.get("content") or message["parts"][0]["text"] for message in sent]  # by Gemini, in parts
    roles = [message["role"].replace("model", "assistant") for message in sent]
    if component[1] == "component":
        messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
    else:
        parts = [[{"type": "text", "text": text}] for text in texts]
        messages = [{"role": role, "parts": part} for role, part in zip(roles, parts, strict=True)]
    return {"messages": [message for message in messages if message["role"] != "system"]}


def root(program: Program) -> str:
    """The path of the base URL."""
    return "/".join(["", *program.plan.gateway.base_url.split("/")[3:]])


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    with serve([]) as server:
        yield server


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


@pytest.fixture(scope="module")
def handlers(replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the bundled pages and of what answers them."""
    needs("node")
    folder = tmp_path_factory.mktemp("pages")
    env: dict[str, str] = {}
    pages: dict[str, str] = {}
    for component, scenario in together():
        route = scenario.program(HANDLERS[component])
        (folder / f"{component[1]}.{scenario.name}.ts").write_text(route.code, encoding="utf-8")
        env |= {route.plan.auth.key_env: KEY, route.plan.gateway.base_url_env: replay.url + root(route)}
        if (component, scenario) in in_the_browser():
            pages[f"{component[1]}.{scenario.name}"] = scenario.program(component).code
    bundle(pages, folder)
    (folder / "node_modules").symlink_to(WEB / "node_modules")
    with running(["node", str(WEB / "serve.mjs"), str(folder)], env) as server:
        yield f"http://127.0.0.1:{_port(server)}"


@pytest.fixture(scope="module")
def vendor_pages(replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs("node")
    folder = tmp_path_factory.mktemp("vendor")
    pages = {
        scenario.name: scenario.program(VENDOR, replay.url + root(scenario.program(VENDOR))).code
        for scenario in scenarios(VENDOR)
    }
    bundle(pages, folder, SDK)
    return folder


def _port(server: subprocess.Popen[str]) -> int:
    assert server.stdout
    return int(server.stdout.readline())


def cells(cases: list[tuple[tuple[str, str], Scenario]]) -> pytest.MarkDecorator:
    """Parametrize a test with these."""
    listed = [pytest.param(*item, id=f"{item[0][1]}-{item[1].name}") for item in cases]
    return pytest.mark.parametrize(("component", "scenario"), listed)


@cells(in_the_browser())
def test_page_and_handler_together(
    component: tuple[str, str], scenario: Scenario, page: Page, handlers: str, replay: Replay
) -> None:
    page.goto(f"{handlers}/{component[1]}.{scenario.name}")
    recorded = cassette.read_cassette(scenario.file)
    replay.load(sent_by(component[1], recorded))
    with page.expect_request(lambda request: request.method == "POST") as request:
        page.get_by_role("button", name="Send").click()
    sent = json.loads(request.value.post_data or "")["messages"]
    sent = [{name: message[name] for name in message if name != "id"} for message in sent]
    assert sent == page_request(component, scenario)["messages"]
    _check_page(page, scenario, replay)


@cells([item for item in together() if item not in in_the_browser()])
def test_handler_alone(component: tuple[str, str], scenario: Scenario, handlers: str, replay: Replay) -> None:
    replay.load(sent_by(component[1], cassette.read_cassette(scenario.file)))
    page = f"{handlers}/{component[1]}.{scenario.name}"
    reply = httpx.post(
        f"{handlers}/api/chat", json=page_request(component, scenario), headers={"referer": page}, timeout=60
    )
    assert [replay.misses, replay.unplayed()] == [[], []]
    lines = [line.removeprefix("data: ") for line in reply.text.split("\n")]
    events = [json.loads(line) for line in lines if line and line != "[DONE]"]
    data = load_cassette(scenario.file)
    failed = [event for event in events if event.get("error") or event.get("type") == "error"]
    assert bool(failed) == (data["expect"]["exit"] != 0), failed
    answer = "".join(
        event.get("text") or event["delta"]
        for event in events
        if event.get("text") or event.get("type") == "text-delta"
    )
    assert answer == _recorded_answer(data)


@pytest.mark.parametrize("scenario", scenarios(VENDOR), ids=lambda scenario: scenario.name)
def test_page_on_the_vendors_package(scenario: Scenario, page: Page, vendor_pages: Path, replay: Replay) -> None:
    page.goto(replay.url)  # a page of the same origin, whatever it holds, that the next line replaces
    page.set_content(document(vendor_pages, scenario.name))
    replay.load(cassette.read_cassette(scenario.file))
    page.get_by_label("Key").fill(KEY)
    page.get_by_role("button", name="Send").click()
    _check_page(page, scenario, replay)


def _check_page(page: Page, scenario: Scenario, replay: Replay) -> None:
    """Check that the page shows what was served; a cut answer is an error and stays on the page."""
    data = load_cassette(scenario.file)
    page.wait_for_selector("main[aria-busy=false]")
    page.evaluate("document.querySelectorAll('small').forEach((call) => call.remove())")  # calls of tools
    assert [miss for miss in replay.misses if not miss.startswith(BROWSERS_OWN)] == []
    assert replay.unplayed() == []
    alert = page.locator("p[role=alert]")
    assert alert.count() == (data["expect"]["exit"] != 0), alert.all_inner_texts()
    served = _recorded_answer(data)
    shown = page.locator("main > p:not([role])").last.text_content()
    assert shown == f"assistant: {served}" or (not served and "/ai." in page.url)


def _recorded_answer(data: dict[str, Any]) -> str:
    """The answer that the cassette holds."""
    return data["expect"]["stdout"].removesuffix("\n") if "stdout" in data["expect"] else _answer(data)


def _answer(data: dict[str, Any]) -> str:
    """The text in the replies, read here independently of any template."""
    return "".join(_text(interaction["response"]["body"]["string"]) for interaction in data["interactions"])


def _text(body: str) -> str:
    lines = [line.removeprefix("data:") for line in body.splitlines() if line.startswith("data:")]
    events = [json.loads(item) for item in (lines or [body]) if item.strip() != "[DONE]"]
    return "".join(piece for event in events for piece in _pieces(event) if piece)


def _pieces(event: dict[str, Any]) -> Iterator[str | None]:
    for choice in event.get("choices", ()):
        yield choice.get("delta", choice.get("message", {})).get("content")
    for candidate in event.get("candidates", ()):
        yield from (part.get("text") for part in candidate.get("content", {}).get("parts", ()))
    yield event.get("delta", {}).get("text")
    yield from (block.get("text") for block in event.get("content", ()))


def test_every_cell_of_these_languages_has_a_scenario() -> None:
    for language, library in (*HANDLERS, *HANDLERS.values(), VENDOR):
        offered = {
            (
                combination.gateway,
                combination.task,
                combination.protocol,
                combination.stream,
            )
            for combination in offered_combinations()
            if (combination.language, combination.library) == (language, library)
        }
        programs = [scenario.program((language, library)) for scenario in scenarios((language, library))]
        shown = {
            (program.resolution.gateway.id, program.resolution.task.id, program.plan.protocol, program.plan.stream)
            for program in programs
        }
        assert offered
        assert offered - shown == set()
