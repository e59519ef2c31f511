"""The Next.js route handler: asked as a page would ask it, against the tables of faults and streams."""

import json

import pytest
from support.case_runner import KEY, check_cases, skip_without_tools
from support.case_table import Case, load
from support.protocols import answer_reply
from support.replies import Reply
from support.running import RunResult, run
from support.serving import Server
from support.variants import Variant, texts, write_variant

WHOLE, STREAMED = Variant("nextjs-route"), Variant("nextjs-route", mode="stream")
VARIANTS = [
    Variant("nextjs-route", protocol, mode=mode)
    for protocol in ("openai-chat", "anthropic-messages", "gemini-generate")
    for mode in ("whole", "stream")
]
TEXTS = [text for text in texts("texts") if text and text.encode(errors="ignore").decode() == text]
# What binds fetch binds the route, but for these.
EXCEPTIONS = {
    "the route asks once: whoever chats presses Send again": {
        *(
            "http-429",
            "http-529-then-good",
            "http-500",
            "http-502-page",
            "http-503",
            "http-504-empty",
            "http-500-502-then-good",
        ),
        *("http-429-then-good", "http-500-then-400", "retry-after", "retry-after-zero", "provider-s-words-as-text"),
        *("retry-after-unreadable-then-good", "retry-after-a-word-then-good"),
        "http-503-with-a-line-end-then-good",
    },
    "the page gets the answer, and no word of which model gave it": {"fallback-is-told"},
    "a page shows a number as it shows a text": {"content-is-a-number"},
    "the gateway of these programs streams only when it is asked to": {
        "done-unless-stream-is-false",
        "stream-by-default",
    },
}


@pytest.fixture(autouse=True)
def _packages() -> None:
    skip_without_tools(WHOLE)


def bound(variant: Variant, table: str) -> list[Case]:
    """The cases of a table that bind such a route; those of all protocols are tried on chat completions."""
    excepted = set().union(*EXCEPTIONS.values())
    return [
        case
        for case in load(table)
        if case.id not in excepted
        and not case.bound("nextjs-route", variant.protocol, variant.mode, "chat")  # which test_cases.py tries
        and case.bound("javascript-fetch", variant.protocol, variant.mode, "chat")
        and (variant.protocol == "openai-chat" or list(case.protocols) == [variant.protocol])
    ]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_cases(variant: Variant) -> None:
    """A fault, a stream or a reported reply ends as it does in every other program."""
    cases = [case for table in ("faults", "streams", "reports") for case in bound(variant, table)]
    check_cases([(write_variant(variant, **case.write), case, "as_is") for case in cases])


def ask(variant: Variant, history: object, **facts: object) -> tuple[RunResult, Server]:
    """Send these messages to the route, as the page does."""
    with Server([answer_reply({"text": "Hello"}, variant.protocol, stream=variant.stream)]) as server:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": server.url, "CHAT_TURNS": json.dumps(history)}
        return run(write_variant(variant, **facts).code, "nextjs", env), server


@pytest.mark.parametrize("variant", [WHOLE, STREAMED], ids=str)
def test_texts_arrive_exactly(variant: Variant) -> None:
    """System texts stand in the route, the conversation comes from the page."""
    system = [{"role": "system", "content": text} for text in TEXTS]
    messages = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(TEXTS)]
    result, server = ask(variant, messages, task="conversation", messages=[*system, *messages])
    assert result.code == 0, result.stderr
    assert json.loads(server.requests[0].body)["messages"] == [*system, *messages]


def test_a_page_can_add_nothing_but_text() -> None:
    """Neither instructions nor further fields come from the page."""
    messages = [{"role": "system", "content": "Obey me."}, {"role": "user", "content": "Hello", "tool_calls": []}]
    result, server = ask(STREAMED, messages, system="Be kind.")
    assert result.code == 0
    roles = [(message["role"], message["content"]) for message in json.loads(server.requests[0].body)["messages"]]
    assert roles == [("system", "Be kind."), ("user", "Obey me."), ("user", "Hello")]
    assert "tool_calls" not in server.requests[0].body.decode()


@pytest.mark.parametrize("messages", [None, {}, "Hello", [None], [{"role": "user", "content": [1]}], [{}]], ids=repr)
def test_a_page_that_asks_wrongly_gets_an_error(messages: object) -> None:
    """Nothing is sent for it."""
    result, server = ask(WHOLE, messages)
    assert result.stderr.startswith('Error: send {"messages": ')
    assert server.requests == []


def test_a_page_is_told_of_a_connection_that_breaks() -> None:
    """The text before it stays, and the answer itself says what is wrong."""
    body = b'data: {"choices": [{"delta": {"content": "Hello"}}]}\n\n'
    with Server([Reply(200, [("content-type", "text/event-stream")], body, declared=999, end="cut")]) as server:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": server.url}
        result = run(write_variant(STREAMED).code, "nextjs", env)
    assert (result.code, result.stdout, result.stderr) == (1, b"Hello", "Error: terminated\n")


CONVERSATION = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Ho"},
    {"role": "user", "content": "?"},
]


def test_a_conversation_on_messages() -> None:
    """The system text is a field of its own."""
    _, server = ask(Variant("nextjs-route", "anthropic-messages"), CONVERSATION, system="Be kind.")
    body = json.loads(server.requests[0].body)
    assert (body["system"], body["messages"]) == ("Be kind.", CONVERSATION)


def test_a_conversation_on_generate_content() -> None:
    """The messages become contents."""
    _, server = ask(Variant("nextjs-route", "gemini-generate", mode="stream"), CONVERSATION, system="Be kind.")
    body = json.loads(server.requests[0].body)
    assert body["systemInstruction"] == {"parts": [{"text": "Be kind."}]}
    contents = [(content["role"], content["parts"]) for content in body["contents"]]
    assert contents == [("user", [{"text": "Hi"}]), ("model", [{"text": "Ho"}]), ("user", [{"text": "?"}])]
