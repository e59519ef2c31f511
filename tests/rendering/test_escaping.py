"""Whatever a text holds, exactly this text arrives at the gateway."""

import pytest
from chat_completions.errors import BadInput
from chat_completions.generate import make
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.case_tests import skip_without_tools
from support.texts import each, sent, sent_or_refused, spoken, texts
from support.variants import Variant, request, variants

VARIANTS = [one for one in variants("chat") if one.language != "nextjs"]
ONE_EACH = [Variant("python-requests"), Variant("javascript-fetch"), Variant("shell-curl")]
TEXTS = list(dict.fromkeys(texts("texts")))
WHOLE = [text for text in TEXTS if text and text.encode(errors="ignore").decode() == text]
ROLES = ("user", "assistant", "system")


@pytest.fixture(autouse=True)
def _tools(request: pytest.FixtureRequest) -> None:
    if "variant" in request.fixturenames:
        skip_without_tools(request.getfixturevalue("variant"))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_all_texts_in_one_conversation(variant: Variant) -> None:
    """Every text, each a turn of one conversation."""
    turns = [{"role": ROLES[number % 3], "content": text} for number, text in enumerate(WHOLE)]
    told = sorted(((one["role"], one["content"]) for one in turns), key=lambda one: one[0] != "system")
    got = spoken(sent(variant, task="conversation", messages=turns))
    assert not [pair for pair in zip(told, got, strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_each_text_alone(variant: Variant, full: bool) -> None:
    """Each text as prompt and system text of a program of its own; on one variant in turn."""
    turn = VARIANTS.index(variant)
    chosen = [text for number, text in enumerate(WHOLE) if full or number % len(VARIANTS) == turn]

    def check(text: str) -> str:
        got = spoken(sent(variant, prompt=text, system=text))
        return "" if got == [("system", text), ("user", text)] else f"{text!r} came as {got!r}"

    assert not each(chosen, check)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_large_texts(variant: Variant) -> None:
    """More than 100 kB in one text."""
    prompt, system = texts("large")
    got = spoken(sent(variant, prompt=prompt, system=system))
    assert [one == text for (_, one), text in zip(got, (system, prompt), strict=True)] == [True, True]


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
    program = make(request(ONE_EACH[0], base_url=url))
    assert program.plan.base_url == url.rstrip("/")


@pytest.mark.parametrize("url", texts("refused"))
def test_base_urls_that_are_refused(url: str) -> None:
    """They never become a program."""
    with pytest.raises(BadInput):
        make(request(ONE_EACH[0], base_url=url))


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
@settings(
    max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(said=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), min_size=25))
def test_any_texts(variant: Variant, said: list[str]) -> None:
    """Whatever Hypothesis thinks of."""
    turns = [{"role": "user", "content": text} for text in said]
    assert sent(variant, task="conversation", messages=turns)["messages"] == turns
