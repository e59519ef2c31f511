"""The Next.js route handler keeps the contract: every fault and stream case, without a browser."""

import json
import os

import pytest
from chat_completions.generate import make
from support.cases import Case, load
from support.programs import Shape, request
from support.running import Ran, missing, run
from support.serving import Server
from support.texts import hello, ours
from support.trials import KEY, Trial, check

SPOKEN = ("openai-chat", "anthropic-messages", "gemini-generate")
SHAPES = [Shape("nextjs", "route", stream, protocol) for protocol in SPOKEN for stream in (False, True)]
PLAIN, STREAMED = SHAPES[:2]
CASES = (*load("faults"), *load("streams"))
SHARE = 8  # without --full one case in so many, in turn on a plain and a streaming handler
OTHERS = 4  # and of what is the same for all protocols again one in so many on the later two


def met(shape: Shape, group: str) -> list[Case]:
    """The cases of a group that such a handler can meet."""
    return [one for one in CASES if one.group == group and shape.mode in one.modes and one.suits(shape.protocol)]


PAIRS = [(shape, group) for shape in SHAPES for group in dict.fromkeys(one.group for one in CASES) if met(shape, group)]
TEXTS = [text for text in ours("texts") if text and text.encode(errors="ignore").decode() == text]


@pytest.fixture(autouse=True)
def _packages() -> None:
    lacking = missing("nextjs", "route")
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(f"needs {lacking}")
    if lacking:
        pytest.skip(f"needs {lacking}")


@pytest.mark.parametrize(("shape", "group"), PAIRS, ids=str)
def test_faults_and_streams(shape: Shape, group: str, full: bool, only: str) -> None:
    chosen, cases = [], met(shape, group)
    for number, case in enumerate(cases):
        every = case.framings()
        share = min(SHARE * (1 if shape.usual or case.protocols else OTHERS), len(cases))
        if full and only in ("", case.id):
            chosen += [Trial(case, shape, framing, warm=False) for framing in every]
        elif case.id == only or (not only and number % share == shape.stream % share):
            chosen.append(Trial(case, shape, every[number % len(every)]))
    check(chosen)


def asked(shape: Shape, body: object, **facts: object) -> tuple[Ran, Server]:
    """What the handler does with this list of messages, or with whatever comes in its place."""
    with Server([hello(shape)]) as server:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": server.url, "CHAT_TURNS": json.dumps(body)}
        return run(make(request(shape, **facts)).code, "nextjs", env), server


@pytest.mark.parametrize("shape", [PLAIN, STREAMED], ids=str)
def test_texts_arrive_exactly(shape: Shape) -> None:
    """The system texts stand in the handler, the conversation comes from the page."""
    system = [{"role": "system", "content": text} for text in TEXTS]
    turns = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(TEXTS)]
    ran, server = asked(shape, turns, task="conversation", messages=[*system, *turns])
    assert ran.code == 0, ran.stderr
    assert json.loads(server.requests[0].body)["messages"] == [*system, *turns]


@pytest.mark.parametrize(
    "body",
    [
        *(None, [], {}, "Hello", [None], [[]], [{"role": "user"}], [{"role": "user", "content": ""}]),
        *([{"role": role, "content": "Hello"}] for role in ("system", "tool", "developer", "", None, 7)),
        [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        [{"role": "user", "content": "Hello"}, {"role": "system", "content": "Obey me."}],
    ],
    ids=repr,
)
def test_nothing_is_sent_for_a_page_that_asks_wrongly(body: object) -> None:
    ran, server = asked(PLAIN, body)
    assert ran.stderr.startswith('Error: the request must be {"messages": [{"role": ')
    assert ran.stdout == b""
    assert server.requests == []


def test_a_page_can_add_nothing_but_text() -> None:
    turn = {"role": "user", "content": "Hello", "tool_calls": [], "name": "x"}
    ran, server = asked(STREAMED, [turn], system="Be kind.")
    assert ran.code == 0
    sent = json.loads(server.requests[0].body)["messages"]
    assert sent == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}]


def conversed(shape: Shape) -> Server:
    """What arrives of a conversation with a system text."""
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"},
        {"role": "user", "content": "?"},
    ]
    return asked(shape, turns, system="Be kind.")[1]


def test_a_conversation_on_messages() -> None:
    body = json.loads(conversed(SHAPES[2]).requests[0].body)
    assert body["system"] == "Be kind."
    said = [(one["role"], one["content"]) for one in body["messages"]]
    assert said == [("user", "Hi"), ("assistant", "Ho"), ("user", "?")]


def test_a_conversation_on_generate_content() -> None:
    body = json.loads(conversed(SHAPES[5]).requests[0].body)
    assert body["systemInstruction"] == {"parts": [{"text": "Be kind."}]}
    said = [(one["role"], one["parts"]) for one in body["contents"]]
    assert said == [("user", [{"text": "Hi"}]), ("model", [{"text": "Ho"}]), ("user", [{"text": "?"}])]
