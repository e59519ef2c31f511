"""The decision tables, gateway by gateway, and what is said against a choice."""

import pytest
from chat_completions.errors import BadInput, NotOffered
from chat_completions.shapes import Request
from chat_completions.snippet import decide, make

EVERYTHING = ["chat", "code", "conversation", "reasoning", "tools", "structured", "vision"]
# gateway, task, priority, preferred, alternatives
TABLE = [
    ("aitoll", "chat", "cost", "deepseek-chat", ["claude-haiku-4.5"]),
    ("aitoll", "chat", "balanced", "glm-4.7", ["glm-5"]),
    ("aitoll", "chat", "quality", "gpt-5.2", ["claude-sonnet-4.5"]),
    *[("aitoll", "code", p, "claude-haiku-4.5", ["claude-sonnet-4.5"]) for p in ("cost", "balanced", "quality")],
    ("aitoll", "vision", "balanced", "gemini-3-flash-preview", ["gemini-3-pro-preview"]),
    ("aitoll", "image", "balanced", "gemini-3-pro-image-preview", []),
    ("aitoll", "image-edit", "cost", "gemini-3-pro-image-preview", []),
    ("aitoll", "tools", "cost", "deepseek-chat", ["claude-haiku-4.5"]),
    ("aitoll", "structured", "balanced", "glm-4.7", ["glm-5"]),
    ("aitoll", "reasoning", "quality", "gpt-5.2", ["claude-sonnet-4.5"]),
    ("aireiter", "chat", "cost", "gpt-5.5", ["gpt-5.6-terra"]),
    ("aireiter", "chat", "balanced", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", "chat", "quality", "gpt-5.6-sol", ["gpt-5.5"]),
    ("aireiter", "code", "cost", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", "structured", "balanced", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", "reasoning", "cost", "gpt-5.6-sol", ["gpt-5.5"]),
    ("aireiter", "tools", "quality", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", "vision", "balanced", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", "image", "balanced", "gpt_image_2", ["nano_banana"]),
    ("ainative", "chat", "cost", "qwen-coder-32b", ["claude-sonnet-4-5"]),
    ("ainative", "chat", "balanced", "claude-sonnet-4-6", ["claude-sonnet-4-5"]),
    ("ainative", "chat", "quality", "claude-opus-4-6", ["claude-opus-4-5"]),
    ("ainative", "reasoning", "cost", "claude-opus-4-6", ["claude-opus-4-5"]),
    ("ainative", "code", "quality", "gpt-5-3-codex", ["claude-sonnet-4-6"]),
    *[
        ("ainative", t, "balanced", "claude-sonnet-4-6", ["claude-sonnet-4-5"])
        for t in ("tools", "structured", "vision")
    ],
    *[("aiclient-2-api", t, "quality", "gemini-2.5-flash", ["gemini-3-flash-preview"]) for t in EVERYTHING],
    ("aiclient-2-api", "image", "balanced", "gpt-image-2", ["gemini-3.1-flash-image"]),
]


@pytest.mark.parametrize(("gateway", "task", "priority", "preferred", "alternatives"), TABLE)
def test_the_table_decides(gateway: str, task: str, priority: str, preferred: str, alternatives: list[str]) -> None:
    choice = decide(Request(gateway, task=task, priority=priority))
    assert (choice.model, list(choice.alternatives)) == (preferred, alternatives)
    assert choice.because
    assert choice.row
    assert all(one.source and one.date and one.confidence for one in choice.evidence)


def test_no_model_is_invented_for_pictures_where_a_gateway_makes_none() -> None:
    with pytest.raises(NotOffered):
        decide(Request("ainative", task="image"))


def test_the_maker_s_life_cycle_is_told_with_its_date_and_changes_nothing() -> None:
    retired = decide(Request("aitoll", priority="cost"))
    assert retired.model == "deepseek-chat"
    assert any("2026-07-24" in one and "deepseek-v4-flash" in one for one in retired.caveats)
    scheduled = decide(Request("aiclient-2-api"))
    assert any("2026-12-01" in one for one in scheduled.caveats)


def test_what_the_gateway_does_not_document_is_told() -> None:
    for task in ("tools", "structured", "reasoning"):
        assert f"{task} is not documented by AITOLL" in decide(Request("aitoll", task=task)).caveats


def test_a_claude_id_named_at_aireiter_goes_out_as_the_document_pairs_it_with_the_probe_s_date() -> None:
    snippet = make(Request("aireiter", model="claude-sonnet-4-5-20250929"))
    assert snippet.call.protocol == "openai-chat"
    assert snippet.call.bodies[0]["model"] == "claude-sonnet-4-5-20250929"
    assert len(snippet.call.bodies) == 1  # who names a model gets no other
    assert any("2026-09-08" in one for one in snippet.caveats)


def test_aiclient_always_tells_of_the_providers_and_the_known_key() -> None:
    caveats = " ".join(decide(Request("aiclient-2-api", model="anything")).caveats)
    assert "providers serve" in caveats
    assert "123456" in caveats


@pytest.mark.parametrize("gateway", ["aireiter", "ainative", "aiclient-2-api"])
def test_an_unlisted_id_passes_where_the_list_is_not_complete(gateway: str) -> None:
    choice = decide(Request(gateway, model="some/new-model:free"))
    assert choice.model == "some/new-model:free"
    assert any("not among the models" in one for one in choice.caveats)


def test_a_slip_of_the_pen_is_caught_where_the_list_is_complete() -> None:
    with pytest.raises(BadInput) as caught:
        decide(Request("aitoll", model="gtp-5.2"))
    assert "'gpt-5.2'" in caught.value.hint
