"""Ranges, refusals and warnings of request parameters."""

from typing import Any

import pytest
from chat_completions.errors import BadInput, ChatCompletionsError, NotOffered
from chat_completions.planning.types import ProgramRequest, Variable
from support.generation import notes, plan

GOOD: list[dict[str, Any]] = [
    {"max_tokens": 1},
    {"max_completion_tokens": 5},
    {"temperature": 0},
    {"temperature": 2.0},
    {"top_p": 0.0},
    {"top_p": 1},
    {"frequency_penalty": -2},
    {"presence_penalty": 2},
    {"seed": 42},
    {"seed": 2**70},
    {"stop": "END"},
    {"stop": ["a", "b", "c", "d"]},
    {"reasoning_effort": "low"},
    {"stream_options": {"include_usage": True}},
    {"user": "it's $(id)"},
    {"metadata": {"é": "</script>"}, "logit_bias": {"50256": -100}},
]
BAD: list[dict[str, Any]] = [
    {"max_tokens": 0},
    {"max_tokens": 1.5},
    {"max_tokens": True},
    {"max_tokens": "many"},
    {"temperature": 2.1},
    {"temperature": -0.1},
    {"temperature": float("nan")},
    {"temperature": float("inf")},
    {"temperature": None},
    {"top_p": 1.01},
    {"frequency_penalty": 2.5},
    {"presence_penalty": -2.5},
    {"seed": 1.5},
    {"stop": []},
    {"stop": ["a", "b", "c", "d", "e"]},
    {"stop": [1]},
    {"reasoning_effort": "extreme"},
    {"stream": "yes"},
    {"temprature": 1},
    {"stream_options": "include_usage"},
    {"stream_options": []},
    {"user": 7},
    {"metadata": {"a": float("nan")}},
]


@pytest.mark.parametrize("params", GOOD, ids=str)
def test_what_fits_is_sent(params: dict[str, Any]) -> None:
    for gateway in ("aireiter", "ainative", "aitoll", "aiclient-2-api"):
        body = plan(ProgramRequest(gateway, protocol="openai-chat", params=params)).body
        assert {name: body[name] for name in params} == params


@pytest.mark.parametrize("params", BAD, ids=str)
def test_what_does_not_fit_exits_2(params: dict[str, Any]) -> None:
    for gateway in ("aireiter", "aitoll"):
        with pytest.raises(BadInput) as caught:
            plan(ProgramRequest(gateway, protocol="openai-chat", params=params))
        assert caught.value.exit_code == 2


CLAUDE, GEMINI = "anthropic-messages", "gemini-generate"
# What is asked for, and where it stands in the request.
PLACED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (CLAUDE, {}, {"max_tokens": 4096}),
    (
        CLAUDE,
        {"max_tokens": 100, "temperature": 1, "top_p": 0.5, "top_k": 3},
        {"max_tokens": 100, "temperature": 1, "top_p": 0.5, "top_k": 3},
    ),
    (CLAUDE, {"stop": "END"}, {"max_tokens": 4096, "stop_sequences": ["END"]}),
    (CLAUDE, {"stop_sequences": ["a", "b"]}, {"max_tokens": 4096, "stop_sequences": ["a", "b"]}),
    (CLAUDE, {"thinking_budget": 2000}, {"max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 2000}}),
    (GEMINI, {}, {}),
    (GEMINI, {"max_tokens": 100, "temperature": 2}, {"generationConfig": {"maxOutputTokens": 100, "temperature": 2}}),
    (GEMINI, {"maxOutputTokens": 100, "topP": 0.9}, {"generationConfig": {"maxOutputTokens": 100, "topP": 0.9}}),
    (
        GEMINI,
        {"top_k": 3, "seed": 7, "stop": "x"},
        {"generationConfig": {"topK": 3, "seed": 7, "stopSequences": ["x"]}},
    ),
    (
        GEMINI,
        {"frequency_penalty": 1, "presencePenalty": -1},
        {"generationConfig": {"frequencyPenalty": 1, "presencePenalty": -1}},
    ),
    (GEMINI, {"thinking_budget": -1}, {"generationConfig": {"thinkingConfig": {"thinkingBudget": -1}}}),
]


@pytest.mark.parametrize(("protocol", "params", "sent"), PLACED, ids=str)
def test_each_protocol_has_its_own_names_and_places(
    protocol: str, params: dict[str, Any], sent: dict[str, Any]
) -> None:
    body = plan(ProgramRequest("aiclient-2-api", protocol=protocol, params=params)).body
    assert {
        name: value for name, value in body.items() if name not in ("model", "messages", "contents", "stream")
    } == sent


REFUSED_THERE: list[tuple[str, dict[str, Any], int]] = [
    (CLAUDE, {"temperature": 1.1}, 2),
    (CLAUDE, {"top_k": 0}, 2),
    (CLAUDE, {"thinking_budget": 1023}, 2),
    (CLAUDE, {"thinking_budget": 4096}, 2),
    (CLAUDE, {"thinking_budget": 2000, "max_tokens": 2000}, 2),
    (CLAUDE, {"stop": "a", "stop_sequences": ["b"]}, 2),
    (CLAUDE, {"seed": 1}, 2),
    (CLAUDE, {"maxOutputTokens": 1}, 2),
    (CLAUDE, {"reasoning_effort": "low"}, 3),
    (CLAUDE, {"max_completion_tokens": 5}, 3),
    (CLAUDE, {"system": "x"}, 3),
    (CLAUDE, {"thinking": {"type": "enabled"}}, 3),
    (CLAUDE, {"tool_choice": "auto"}, 3),
    (GEMINI, {"temperature": 2.1}, 2),
    (GEMINI, {"topP": 1.1}, 2),
    (GEMINI, {"top_p": 0.1, "topP": 0.2}, 2),
    (GEMINI, {"maxOutputTokens": 0}, 2),
    (GEMINI, {"thinking_budget": -2}, 2),
    (GEMINI, {"stop": []}, 2),
    (GEMINI, {"n": 1}, 2),
    (GEMINI, {"parallel_tool_calls": False}, 3),
    (GEMINI, {"systemInstruction": "x"}, 3),
    (GEMINI, {"contents": []}, 3),
]


@pytest.mark.parametrize(("protocol", "params", "code"), REFUSED_THERE, ids=str)
def test_what_a_protocol_does_not_take_is_refused_with_a_hint(protocol: str, params: dict[str, Any], code: int) -> None:
    with pytest.raises(ChatCompletionsError) as caught:
        plan(ProgramRequest("aiclient-2-api", protocol=protocol, params=params))
    assert caught.value.exit_code == code
    assert len(str(caught.value).splitlines()) == 1


OF_PICTURES: list[tuple[str, dict[str, Any], int]] = [
    ("aiclient-2-api", {"n": 0}, 2),
    ("aiclient-2-api", {"n": 5}, 2),
    ("aiclient-2-api", {"background": "blue"}, 2),
    ("aiclient-2-api", {"stream": True}, 3),
    ("aireiter", {"resolution": "8K"}, 2),
    ("aireiter", {"out_task_id": "x"}, 3),
    ("aireiter", {"temperature": 1}, 2),
]


@pytest.mark.parametrize(("gateway", "params", "code"), OF_PICTURES, ids=str)
def test_what_a_picture_s_request_does_not_take(gateway: str, params: dict[str, Any], code: int) -> None:
    with pytest.raises(ChatCompletionsError) as caught:
        plan(ProgramRequest(gateway, task="image", params=params))
    assert caught.value.exit_code == code


def test_a_picture_s_parameters_stand_where_the_gateway_wants_them() -> None:
    params = {"aspect_ratio": "16:9", "resolution": "2K"}
    body = plan(ProgramRequest("aireiter", task="image", prompt="A tree", params=params)).body
    assert body["params"] == {"prompt": Variable("prompt"), **params}
    body = plan(ProgramRequest("aiclient-2-api", task="image", params={"n": 4, "size": "1024x1024"})).body
    assert (body["n"], body["size"]) == (4, "1024x1024")


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("aireiter", {"n": 2}),
    ("aireiter", {"n": 1}),
    ("aitoll", {"n": 3}),
    ("aitoll", {"model": "x"}),
    ("aitoll", {"top_k": 3}),
    ("aitoll", {"thinking": {"type": "enabled"}}),
    ("aitoll", {"thinking_budget": 2000}),
    ("aitoll", {"logprobs": True}),
    ("aitoll", {"messages": []}),
    ("aireiter", {"response_format": {"type": "json_object"}}),
    ("aireiter", {"tool_choice": "auto"}),
]


@pytest.mark.parametrize(("gateway", "params"), REFUSED, ids=str)
def test_what_exists_but_does_not_go_there_exits_3(gateway: str, params: dict[str, Any]) -> None:
    with pytest.raises(NotOffered) as caught:
        plan(ProgramRequest(gateway, protocol="openai-chat", params=params))
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_what_a_model_rejects_exits_3() -> None:
    with pytest.raises(NotOffered, match=r"gpt-5\.2 does not accept temperature"):
        plan(ProgramRequest("aitoll", priority="quality", params={"temperature": 0.5}))
    with pytest.raises(NotOffered, match="temperature or top_p, not both"):
        plan(ProgramRequest("aitoll", task="code", params={"temperature": 0.5, "top_p": 0.5}))
    plan(ProgramRequest("aitoll", task="code", params={"temperature": 0.5}))


def test_the_alternative_goes_without_what_it_does_not_accept_and_that_is_said() -> None:
    request = ProgramRequest("aitoll", priority="cost", params={"temperature": 0.5, "top_p": 0.5})
    planned = plan(request)
    assert (planned.model, planned.alternative) == ("deepseek-chat", "claude-haiku-4.5")
    assert (planned.body["temperature"], planned.body["top_p"]) == (0.5, 0.5)
    assert planned.alternative_omits == ["top_p"]
    assert any("goes without top_p" in note for note in notes(request))


WARNED: list[tuple[str, dict[str, Any], str]] = [
    ("aireiter", {"stop": "x"}, "no effect"),
    ("aireiter", {"temperature": 1, "top_p": 1}, "change one of them"),
    ("aireiter", {"max_tokens": 1, "max_completion_tokens": 2}, "max_tokens wins"),
    ("ainative", {"temperature": 1.5}, "2026-04-14"),
    ("aitoll", {"seed": 1}, "not documented by AITOLL"),
    ("ainative", {"system": "Be brief."}, "alternative to a system message"),
]


@pytest.mark.parametrize(("gateway", "params", "fragment"), WARNED, ids=str)
def test_what_deserves_a_warning_is_sent_with_one(gateway: str, params: dict[str, Any], fragment: str) -> None:
    request = ProgramRequest(gateway, protocol="openai-chat", params=params)
    assert params.items() <= plan(request).body.items()
    assert any(fragment in note for note in notes(request))


def test_stream_is_one_thing_under_two_names() -> None:
    assert plan(ProgramRequest("aitoll", stream=True)) == plan(ProgramRequest("aitoll", params={"stream": True}))
    assert plan(ProgramRequest("aitoll", params={"stream": False})).body["stream"] is False
    with pytest.raises(BadInput, match="contradict"):
        plan(ProgramRequest("aitoll", stream=True, params={"stream": False}))


def test_nothing_is_sent_unasked_but_a_stream_of_false_where_the_default_may_be_true() -> None:
    for gateway in ("ainative", "aiclient-2-api", "litellm", "llama-cpp"):
        assert set(plan(ProgramRequest(gateway, protocol="openai-chat")).body) == {"model", "messages"}
    for gateway in ("aitoll", "aireiter"):
        planned = plan(ProgramRequest(gateway, protocol="openai-chat"))
        assert planned.body == {"model": Variable("MODEL"), "messages": Variable("messages"), "stream": False}


def test_every_error_has_an_exit_code_of_the_table() -> None:
    def below(kind: type[ChatCompletionsError]) -> set[type[ChatCompletionsError]]:
        return {kind}.union(*(below(item) for item in kind.__subclasses__()))

    assert {kind.exit_code for kind in below(ChatCompletionsError)} == {1, 2, 3, 4}
