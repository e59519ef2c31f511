"""Every text arrives at the gateway exactly as it is, whatever it contains."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chat_completions.errors import BadInput
from chat_completions.generate import generate_program
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.case_runner import KEY, skip_without_tools
from support.protocols import answer_reply
from support.running import RunResult, run
from support.serving import Server
from support.variants import Variant, request, texts, variants, write_variant
from support.watching import RunOptions

VARIANTS = [variant for variant in variants("chat") if variant.language != "nextjs"]
ONE_EACH = [Variant("python-requests"), Variant("javascript-fetch"), Variant("shell-curl")]
TEXTS = list(dict.fromkeys(texts("texts")))
WHOLE = [text for text in TEXTS if text and text.encode(errors="ignore").decode() == text]
AT_ONCE = 6
ROLES = ("user", "assistant", "system")


@pytest.fixture(autouse=True)
def _tools(request: pytest.FixtureRequest) -> None:
    if "variant" in request.fixturenames:
        skip_without_tools(request.getfixturevalue("variant"))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_all_texts_in_one_conversation(variant: Variant) -> None:
    """Every text, each a turn of one conversation."""
    joins_system_texts = (variant.library, variant.protocol) == ("pydantic-ai", "anthropic-messages")
    roles = ROLES[:2] if joins_system_texts else ROLES
    messages = [{"role": roles[number % len(roles)], "content": text} for number, text in enumerate(WHOLE)]
    expected = sorted(
        ((message["role"], message["content"]) for message in messages), key=lambda pair: pair[0] != "system"
    )
    got = messages_in(sent(variant, task="conversation", messages=messages))
    assert not [pair for pair in zip(expected, got, strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_each_text_alone(variant: Variant, full: bool) -> None:
    """Each text as prompt and system text of a program of its own; on one variant in turn."""
    position = VARIANTS.index(variant)
    chosen = [text for number, text in enumerate(WHOLE) if full or number % len(VARIANTS) == position]

    def check(text: str) -> str:
        got = messages_in(sent(variant, prompt=text, system=text))
        system = text.strip() if variant.library == "pydantic-ai" else text  # which trims instructions
        return "" if got == [("system", system), ("user", text)] else f"{text!r} came as {got!r}"

    assert not each(chosen, check)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_large_texts(variant: Variant) -> None:
    """More than 100 kB in one text."""
    prompt, system = texts("large")
    got = messages_in(sent(variant, prompt=prompt, system=system))
    assert [received == text for (_, received), text in zip(got, (system, prompt), strict=True)] == [True, True]


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
def test_odd_texts_are_sent_or_refused(variant: Variant) -> None:
    """What UTF-8 cannot carry, or what is empty, never goes out as something else."""

    def check(text: str) -> str:
        body = sent_or_refused(variant, prompt=text)
        got = text if body is None else body["messages"][-1]["content"]
        return "" if got == text else f"{text!r} came as {got!r}"

    assert not each(texts("refusable"), check)


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
def test_model_ids(variant: Variant) -> None:
    """The model id is free text too, and never reaches a comment."""

    def check(model: str) -> str:
        body = sent_or_refused(variant, model=model)
        return "" if body is None or body["model"] == model else f"{model!r} came as {body['model']!r}"

    assert not each(texts("models"), check)


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
def test_parameters(variant: Variant) -> None:
    """Texts inside of parameters arrive, numbers stay numbers."""
    stops = ["'\"`$(x)", "\n\\", "{{ 7 * 7 }}", "🦊"]
    params = {"stop": stops, "temperature": 0.7, "max_tokens": 40, "seed": -3}
    got = sent(variant, params=params)
    assert {name: got[name] for name in params} == params


@pytest.mark.parametrize("url", texts("accepted"))
def test_base_urls_that_are_taken(url: str) -> None:
    """They stand in the program without their last slash."""
    program = generate_program(request(ONE_EACH[0], base_url=url))
    assert program.plan.gateway.base_url == url.rstrip("/")


@pytest.mark.parametrize("url", texts("refused"))
def test_base_urls_that_are_refused(url: str) -> None:
    """They never become a program."""
    with pytest.raises(BadInput):
        generate_program(request(ONE_EACH[0], base_url=url))


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
@settings(
    max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(contents=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), min_size=25))
def test_any_texts(variant: Variant, contents: list[str]) -> None:
    """Whatever Hypothesis thinks of."""
    messages = [{"role": "user", "content": text} for text in contents]
    assert sent(variant, task="conversation", messages=messages)["messages"] == messages


def messages_in(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The roles and texts of a request of any protocol, the system message first."""
    system = body.get("systemInstruction") or body.get("system") or []
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": [item]} for item in ([system] if isinstance(system, str) else _parts(system))
    ]
    messages += body.get("messages") or body["contents"]
    texts = [(message["role"].replace("model", "assistant"), _text_of(message)) for message in messages]
    return sorted(texts, key=lambda pair: pair[0] != "system")


def _parts(content: Any) -> Sequence[Any]:
    texts: Sequence[Any] = content["parts"] if isinstance(content, dict) else content
    return texts


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content", message.get("parts"))
    return (
        content
        if isinstance(content, str)
        else "".join(item if isinstance(item, str) else item["text"] for item in content or ())
    )


def sent(variant: Variant, **facts: Any) -> Mapping[str, Any]:
    """The body that arrives when the program of this request runs."""
    body, result = _deliver(variant, facts)
    if body is None:
        pytest.fail(f"{variant}: nothing arrived; exit {result.code}, {result.stderr[-300:]!r}", pytrace=False)
    return body


def sent_or_refused(variant: Variant, **facts: Any) -> Mapping[str, Any] | None:
    """The same, or None where the generator or the program refuses the text in one line."""
    try:
        body, result = _deliver(variant, facts)
    except BadInput:
        return None
    refused = (
        result.code == 1 and result.stderr.strip().startswith("Error: ") and result.stderr.strip().count("\n") == 0
    )
    if body is None and not refused:
        pytest.fail(f"{variant}: exit {result.code}, {result.stderr[-300:]!r}", pytrace=False)
    return body


def each(jobs: Sequence[Any], check: Callable[[Any], str]) -> list[str]:
    """The results of `check` for every job, several at a time, without the empty ones."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [problem for problem in pool.map(check, jobs) if problem]


def _deliver(variant: Variant, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, RunResult]:
    with Server([answer_reply({"text": "Hello"}, variant.protocol, stream=variant.stream)]) as server:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": server.url}
        result = run(
            write_variant(variant, **facts).code, variant.language, env, options=RunOptions(warm=True, shared=True)
        )
    if result.files:
        pytest.fail(f"{variant}: a text was run as a command: {sorted(result.files)}", pytrace=False)
    return (json.loads(server.requests[0].body) if server.requests else None), result
