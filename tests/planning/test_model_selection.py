"""The decision tables, gateway by gateway, and the notes on a choice."""

from typing import Any

import pytest
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.plan import choose_model
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import ProgramRequest
from support.generation import notes, plan

EVERYTHING = ["chat", "code", "conversation", "reasoning", "tools", "structured", "vision"]
CHAT, CLAUDE, GEMINI = "openai-chat", "anthropic-messages", "gemini-generate"
# gateway, protocol (nothing: the default of the row), task, priority, preferred, alternatives
TABLE = [
    ("aitoll", None, "chat", "cost", "deepseek-chat", ["claude-haiku-4.5"]),
    ("aitoll", None, "chat", "balanced", "glm-4.7", ["glm-5"]),
    ("aitoll", None, "chat", "quality", "gpt-5.2", ["claude-sonnet-4.5"]),
    *[("aitoll", None, "code", p, "claude-haiku-4.5", ["claude-sonnet-4.5"]) for p in ("cost", "balanced", "quality")],
    ("aitoll", None, "vision", "balanced", "gemini-3-flash-preview", ["gemini-3-pro-preview"]),
    ("aitoll", None, "image", "balanced", "gemini-3-pro-image-preview", []),
    ("aitoll", None, "image-edit", "cost", "gemini-3-pro-image-preview", []),
    ("aitoll", None, "tools", "cost", "deepseek-chat", ["claude-haiku-4.5"]),
    ("aitoll", None, "structured", "balanced", "glm-4.7", ["glm-5"]),
    ("aitoll", None, "reasoning", "quality", "gpt-5.2", ["claude-sonnet-4.5"]),
    ("aireiter", CHAT, "chat", "cost", "gpt-5.5", ["gpt-5.6-terra"]),
    ("aireiter", CHAT, "chat", "balanced", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", CHAT, "chat", "quality", "gpt-5.6-sol", ["gpt-5.5"]),
    ("aireiter", CHAT, "code", "cost", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", CHAT, "structured", "balanced", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", CHAT, "reasoning", "cost", "gpt-5.6-sol", ["gpt-5.5"]),
    ("aireiter", CHAT, "tools", "quality", "gpt-5.5", ["gpt-5.6-sol"]),
    ("aireiter", CHAT, "vision", "balanced", "gpt-5.5", ["gpt-5.6-sol"]),
    *[("aireiter", p, "chat", "cost", "claude-haiku-4-5-20251001", ["claude-sonnet-4-6"]) for p in (None, CLAUDE)],
    ("aireiter", None, "chat", "balanced", "claude-sonnet-4-6", ["claude-sonnet-4-5-20250929"]),
    ("aireiter", None, "code", "cost", "claude-sonnet-4-6", ["claude-sonnet-4-5-20250929"]),
    ("aireiter", None, "structured", "quality", "claude-sonnet-4-6", ["claude-sonnet-4-5-20250929"]),
    ("aireiter", None, "chat", "quality", "claude-opus-4-6", ["claude-sonnet-4-6"]),
    ("aireiter", None, "reasoning", "balanced", "claude-opus-4-6", ["claude-sonnet-4-6"]),
    ("aireiter", None, "tools", "balanced", "claude-sonnet-4-6", ["claude-opus-4-6"]),
    ("aireiter", None, "vision", "balanced", "claude-sonnet-4-6", ["claude-opus-4-6"]),
    *[("aireiter", None, task, "balanced", "gpt_image_2", ["nano_banana"]) for task in ("image", "image-edit")],
    ("ainative", None, "chat", "cost", "qwen-coder-32b", ["claude-sonnet-4-5"]),
    ("ainative", None, "chat", "balanced", "claude-sonnet-4-6", ["claude-sonnet-4-5"]),
    ("ainative", None, "chat", "quality", "claude-opus-4-6", ["claude-opus-4-5"]),
    ("ainative", None, "reasoning", "cost", "claude-opus-4-6", ["claude-opus-4-5"]),
    ("ainative", None, "code", "quality", "gpt-5-3-codex", ["claude-sonnet-4-6"]),
    ("ainative", CLAUDE, "chat", "cost", "claude-sonnet-4-5", ["claude-sonnet-4-6"]),
    ("ainative", CLAUDE, "chat", "balanced", "claude-sonnet-4-6", ["claude-sonnet-4-5"]),
    ("ainative", CLAUDE, "chat", "quality", "claude-opus-4-6", ["claude-opus-4-5"]),
    ("ainative", CLAUDE, "code", "balanced", "claude-sonnet-4-6", ["claude-opus-4-6"]),
    ("ainative", CLAUDE, "reasoning", "balanced", "claude-opus-4-6", ["claude-opus-4-5"]),
    *[
        ("ainative", p, t, "balanced", "claude-sonnet-4-6", ["claude-sonnet-4-5"])
        for p in (None, CLAUDE)
        for t in ("tools", "structured", "vision")
    ],
    *[
        ("aiclient-2-api", p, t, "quality", "gemini-2.5-flash", ["gemini-3-flash-preview"])
        for p in (None, CHAT, GEMINI)
        for t in EVERYTHING
    ],
    *[("aiclient-2-api", CLAUDE, t, "cost", "claude-sonnet-4-6", ["claude-haiku-4-5-20251001"]) for t in EVERYTHING],
    *[
        ("aiclient-2-api", p, t, "balanced", "gpt-image-2", ["gemini-3.1-flash-image"])
        for p in (None, "openai-images")
        for t in ("image", "image-edit")
    ],
    ("aiclient-2-api", GEMINI, "image", "balanced", "gemini-3.1-flash-image", []),
    ("aiclient-2-api", GEMINI, "image-edit", "cost", "gemini-3.1-flash-image", []),
]


@pytest.mark.parametrize(("gateway", "protocol", "task", "priority", "preferred", "alternatives"), TABLE)
def test_the_table_decides(
    gateway: str, protocol: str | None, task: str, priority: str, preferred: str, alternatives: list[str]
) -> None:
    choice = choose_model(ProgramRequest(gateway, task=task, priority=priority, protocol=protocol))
    assert (choice.model, list(choice.alternatives)) == (preferred, alternatives)
    assert choice.reason
    assert choice.rule
    assert all(item.source and item.date and item.confidence for item in choice.evidence)


PROTOCOLS = [
    ("aireiter", {}, CLAUDE),
    ("aireiter", {"library": "openai"}, CHAT),
    ("aireiter", {"protocol": CHAT}, CHAT),
    ("aireiter", {"model": "gpt-5.5"}, CHAT),
    ("aireiter", {"model": "claude-opus-4-6"}, CLAUDE),
    ("aireiter", {"task": "image"}, "aireiter-tasks"),
    ("aireiter", {"task": "models"}, "model-list"),
    ("ainative", {"task": "balance"}, "credit-balance"),
    ("ainative", {}, CHAT),
    ("aiclient-2-api", {}, CHAT),
    ("aiclient-2-api", {"task": "image"}, "openai-images"),
]


@pytest.mark.parametrize(("gateway", "options", "protocol"), PROTOCOLS, ids=str)
def test_the_protocol_follows_from_what_was_asked(gateway: str, options: dict[str, Any], protocol: str) -> None:
    assert resolve(ProgramRequest(gateway, **options)).protocol.id == protocol


@pytest.mark.parametrize("task", ["models", "balance"])
def test_where_no_model_is_asked_there_is_none_to_choose(task: str) -> None:
    with pytest.raises(NotOffered):
        choose_model(ProgramRequest("ainative", task=task))
    assert plan(ProgramRequest("ainative", task=task)).model == ""


def test_no_model_is_invented_for_pictures_where_a_gateway_makes_none() -> None:
    with pytest.raises(NotOffered):
        choose_model(ProgramRequest("ainative", task="image"))


def test_a_priority_that_the_gateway_does_not_know_is_told() -> None:
    choice = choose_model(ProgramRequest("aiclient-2-api", priority="cost"))
    assert choice.rule == "balanced"
    assert "AIClient-2-API names no model for the priority 'cost', so it has no effect" in choice.notes


def test_the_maker_s_life_cycle_is_told_with_its_date_and_changes_nothing() -> None:
    retired = choose_model(ProgramRequest("aitoll", priority="cost"))
    assert retired.model == "deepseek-chat"
    assert any("2026-07-24" in note and "deepseek-v4-flash" in note for note in retired.notes)
    scheduled = choose_model(ProgramRequest("aiclient-2-api"))
    assert any("2026-12-01" in note for note in scheduled.notes)


def test_what_the_gateway_does_not_document_is_told() -> None:
    for task in ("tools", "structured", "reasoning"):
        assert f"{task} is not documented by AITOLL" in choose_model(ProgramRequest("aitoll", task=task)).notes


def test_a_claude_id_named_at_aireiter_goes_out_as_the_document_pairs_it_with_the_probe_s_date() -> None:
    request = ProgramRequest("aireiter", model="claude-sonnet-4-5-20250929", protocol="openai-chat")
    planned = plan(request)
    assert planned.protocol == "openai-chat"
    assert planned.model == "claude-sonnet-4-5-20250929"
    assert planned.alternative == ""  # who names a model gets no other
    assert any("2026-09-08" in note for note in notes(request))


def test_aiclient_always_tells_of_the_providers_and_the_known_key() -> None:
    notes = " ".join(choose_model(ProgramRequest("aiclient-2-api", model="anything")).notes)
    assert "providers serve" in notes
    assert "123456" in notes


@pytest.mark.parametrize("gateway", ["aireiter", "ainative", "aiclient-2-api"])
def test_an_unlisted_id_passes_where_the_list_is_not_complete(gateway: str) -> None:
    choice = choose_model(ProgramRequest(gateway, model="some/new-model:free"))
    assert choice.model == "some/new-model:free"
    assert any("not among those known here" in note for note in choice.notes)


def test_a_slip_of_the_pen_is_caught_where_the_list_is_complete() -> None:
    with pytest.raises(BadInput) as caught:
        choose_model(ProgramRequest("aitoll", model="gtp-5.2"))
    assert "'gpt-5.2'" in caught.value.hint


@pytest.mark.parametrize(("gateway", "task", "library", "message"), [
    ("aiclient-2-api", "balance", None, "AIClient-2-API does not offer 'balance'."),
    ("ainative", "balance", "openai", "There is no program for 'balance' with openai."),
])  # fmt: skip
def test_a_refusal_names_the_library_only_where_it_is_the_reason(
    gateway: str, task: str, library: str | None, message: str
) -> None:
    with pytest.raises(NotOffered) as caught:
        choose_model(ProgramRequest(gateway, task=task, library=library))
    assert str(caught.value) == message
