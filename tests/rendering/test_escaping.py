"""Whatever a text holds, exactly this text arrives at the gateway."""

import pytest
from chat_completions.errors import BadInput
from chat_completions.generate import make
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.programs import Shape, request, shapes
from support.texts import each, ours, sent, sent_or_refused, shared, spoken

SHAPES = shapes()
ONE_EACH = [Shape("python", "requests", False), Shape("javascript", "fetch", False), Shape("shell", "curl", False)]
TEXTS = list(dict.fromkeys([*ours("texts"), *shared("prompt", "roundtrip"), *shared("system", "roundtrip")]))
WHOLE = [text for text in TEXTS if text and text.encode(errors="ignore").decode() == text]
ROLES = ("user", "assistant", "system")
REFUSABLE = [*ours("refusable"), *shared("prompt", "reject"), *shared("system", "reject")]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_all_texts_in_one_conversation(runnable: Shape) -> None:
    """Every text, each a turn of one conversation."""
    turns = [{"role": ROLES[number % 3], "content": text} for number, text in enumerate(WHOLE)]
    told = sorted(((one["role"], one["content"]) for one in turns), key=lambda one: one[0] != "system")
    got = spoken(sent(runnable, task="conversation", messages=turns))
    assert not [pair for pair in zip(told, got, strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_each_text_alone(runnable: Shape, full: bool) -> None:
    """Each text as prompt and system text of a program of its own; on one shape in turn."""
    turn = SHAPES.index(runnable)
    chosen = [text for number, text in enumerate(WHOLE) if full or number % len(SHAPES) == turn]

    def check(text: str) -> str:
        got = spoken(sent(runnable, prompt=text, system=text))
        return "" if got == [("system", text), ("user", text)] else f"{text!r} came as {got!r}"

    assert not each(chosen, check)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_large_texts(runnable: Shape) -> None:
    """More than 100 kB in one text."""
    prompt, system = ours("large")
    got = spoken(sent(runnable, prompt=prompt, system=system))
    assert [one == text for (_, one), text in zip(got, (system, prompt), strict=True)] == [True, True]


@pytest.mark.parametrize("shape", ONE_EACH, ids=str)
def test_odd_texts_are_sent_or_refused(runnable: Shape) -> None:
    """What UTF-8 cannot carry, or what is empty, never goes out as something else."""

    def check(text: str) -> str:
        body = sent_or_refused(runnable, prompt=text)
        got = text if body is None else body["messages"][-1]["content"]
        return "" if got == text else f"{text!r} came as {got!r}"

    assert not each(REFUSABLE, check)


@pytest.mark.parametrize("shape", ONE_EACH, ids=str)
def test_model_ids(runnable: Shape) -> None:
    """The model id is free text too, and never reaches a comment."""

    def check(model: str) -> str:
        body = sent_or_refused(runnable, model=model)
        return "" if body is None or body["model"] == model else f"{model!r} came as {body['model']!r}"

    assert not each([*ours("models"), *shared("model", "")], check)


@pytest.mark.parametrize("shape", ONE_EACH, ids=str)
def test_parameters(runnable: Shape) -> None:
    """Texts inside of parameters arrive, numbers stay numbers."""
    stops = ["'\"`$(x)", "\n\\", "{{ 7 * 7 }}", "🦊"]
    params = {"stop": stops, "temperature": 0.7, "max_tokens": 40, "seed": -3}
    got = sent(runnable, params=params)
    assert {name: got[name] for name in params} == params


@pytest.mark.parametrize("url", [*ours("accepted"), *shared("base_url", "accept")])
def test_base_urls_that_are_taken(url: str) -> None:
    """They stand in the program without their last slash."""
    program = make(request(ONE_EACH[0], base_url=url))
    assert program.plan.base_url == url.rstrip("/")


@pytest.mark.parametrize("url", [*ours("refused"), *shared("base_url", "reject"), *shared("base_url", "roundtrip")])
def test_base_urls_that_are_refused(url: str) -> None:
    """They never become a program."""
    with pytest.raises(BadInput):
        make(request(ONE_EACH[0], base_url=url))


@pytest.mark.parametrize("shape", ONE_EACH, ids=str)
@settings(
    max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), min_size=25))
def test_any_texts(runnable: Shape, texts: list[str]) -> None:
    """Whatever Hypothesis thinks of."""
    turns = [{"role": "user", "content": text} for text in texts]
    assert sent(runnable, task="conversation", messages=turns)["messages"] == turns
