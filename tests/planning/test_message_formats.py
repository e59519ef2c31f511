"""One conversation in the format of each protocol, and the fields on tools and schemas."""

from typing import Any

import pytest
from chat_completions.catalog import load
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.message_formats import FORMATS
from chat_completions.planning.request_body import ABSENT, define_tools, fill, format_fields, merge, tool_rules
from chat_completions.planning.types import Image, Tool, Variable

CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"a": "\u00e9"}'}}
CONVERSATION: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "c2"}]},
    {"role": "tool", "tool_call_id": "c1", "content": '{"b": 1}'},
    {"role": "tool", "tool_call_id": "c2", "content": "plain"},
    {"role": "assistant", "content": "Done."},
]


def test_chat_completions_send_turns_as_they_are() -> None:
    assert FORMATS["messages"](CONVERSATION) == ([], CONVERSATION)


def test_messages_take_the_system_text_out_and_join_the_results() -> None:
    system, messages = FORMATS["blocks"](CONVERSATION)
    use = {"type": "tool_use", "name": "find", "input": {"a": "\u00e9"}}
    assert system == ["Be brief."]
    assert messages == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"id": "c1", **use}, {"id": "c2", **use}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": '{"b": 1}'},
                {"type": "tool_result", "tool_use_id": "c2", "content": "plain"},
            ],
        },
        {"role": "assistant", "content": "Done."},
    ]


def test_gemini_has_parts_and_names_what_a_result_is_of() -> None:
    system, messages = FORMATS["parts"](CONVERSATION)
    call = {"functionCall": {"name": "find", "args": {"a": "\u00e9"}}}
    assert system == ["Be brief."]
    assert messages == [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [call, call]},
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "find", "response": {"b": 1}}},
                {"functionResponse": {"name": "find", "response": {"result": "plain"}}},
            ],
        },
        {"role": "model", "parts": [{"text": "Done."}]},
    ]


URL, DATA = "https://x.example/a.png", "data:image/png;base64,AAAA"
IMAGES: list[tuple[str, Image, Any]] = [
    ("messages", Image(URL, None), {"type": "image_url", "image_url": {"url": URL}}),
    (
        "messages",
        Image("a.png", "_1"),
        {"type": "image_url", "image_url": {"url": Variable("image_url_1")}},
    ),
    ("blocks", Image(URL, None), {"type": "image", "source": {"type": "url", "url": URL}}),
    (
        "blocks",
        Image(DATA, None),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
    ),
    (
        "blocks",
        Image("a.png", "_1"),
        {
            "type": "image",
            "source": {"type": "base64", "media_type": Variable("image_type_1"), "data": Variable("image_data_1")},
        },
    ),
    ("parts", Image(URL, None), {"fileData": {"fileUri": URL}}),
    ("parts", Image(DATA, None), {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}),
    (
        "parts",
        Image("a.png", "_1"),
        {"inlineData": {"mimeType": Variable("image_type_1"), "data": Variable("image_data_1")}},
    ),
]


@pytest.mark.parametrize(("message_format", "image", "part"), IMAGES, ids=str)
def test_a_image_in_each_message_format(message_format: str, image: Image, part: Any) -> None:
    _, messages = FORMATS[message_format]([{"role": "user", "content": [{"type": "text", "text": "What?"}, image]}])
    assert messages[0]["parts" if message_format == "parts" else "content"][1] == part


@pytest.mark.parametrize("message_format", ["blocks", "parts"])
def test_arguments_that_are_no_json_need_the_protocol_that_takes_them(message_format: str) -> None:
    broken = {**CALL, "function": {"name": "find", "arguments": "{"}}
    with pytest.raises(NotOffered, match="c1"):
        FORMATS[message_format]([{"role": "assistant", "content": None, "tool_calls": [broken]}])


@pytest.mark.parametrize("message_format", ["blocks", "parts"])
def test_a_image_without_an_address_is_told(message_format: str) -> None:
    with pytest.raises(BadInput, match="no url"):
        FORMATS[message_format]([{"role": "user", "content": [{"type": "image_url"}]}])


TOOL = Tool("find", {"type": "object"}, "Finds.")
CHAT, CLAUDE, GEMINI = "openai-chat", "anthropic-messages", "gemini-generate"
DECLARED = {
    CHAT: {"type": "function", "function": {"name": "find", "description": "Finds.", "parameters": {"type": "object"}}},
    CLAUDE: {"name": "find", "description": "Finds.", "input_schema": {"type": "object"}},
    GEMINI: {"name": "find", "description": "Finds.", "parameters": {"type": "object"}},
}
# What is asked for; what every round sends, and what the first sends on top.
RULES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (CHAT, {}, {}, {}),
    (CHAT, {"tool_choice": "auto"}, {"tool_choice": "auto"}, {}),
    (CHAT, {"tool_choice": "none"}, {"tool_choice": "none"}, {}),
    (CHAT, {"tool_choice": "required"}, {}, {"tool_choice": "required"}),
    (CHAT, {"tool_choice": "find"}, {}, {"tool_choice": {"type": "function", "function": {"name": "find"}}}),
    (CHAT, {"parallel_tool_calls": False}, {"parallel_tool_calls": False}, {}),
    (CLAUDE, {"tool_choice": "auto"}, {"tool_choice": {"type": "auto"}}, {}),
    (CLAUDE, {"tool_choice": "none"}, {"tool_choice": {"type": "none"}}, {}),
    (CLAUDE, {"tool_choice": "required"}, {}, {"tool_choice": {"type": "any"}}),
    (CLAUDE, {"tool_choice": "find"}, {}, {"tool_choice": {"type": "tool", "name": "find"}}),
    (CLAUDE, {"parallel_tool_calls": False}, {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, {}),
    (
        CLAUDE,
        {"tool_choice": "find", "parallel_tool_calls": True},
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": False}},
        {"tool_choice": {"type": "tool", "name": "find", "disable_parallel_tool_use": False}},
    ),
    (GEMINI, {"tool_choice": "auto"}, {"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}, {}),
    (GEMINI, {"tool_choice": "none"}, {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}, {}),
    (GEMINI, {"tool_choice": "required"}, {}, {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}),
    (
        GEMINI,
        {"tool_choice": "find"},
        {},
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["find"]}}},
    ),
]


@pytest.mark.parametrize(("protocol", "params", "always", "first"), RULES, ids=str)
def test_the_choice_of_tools(
    protocol: str, params: dict[str, Any], always: dict[str, Any], first: dict[str, Any]
) -> None:
    facts = load.load_protocol(protocol)
    assert define_tools([TOOL], facts) == [DECLARED[protocol]]
    assert tool_rules(params, [TOOL], facts) == (always, first)


@pytest.mark.parametrize("strict", [True, False])
def test_a_strict_tool_is_declared_so_or_refused(strict: bool) -> None:
    tool = TOOL._replace(strict=strict)
    (declared,) = define_tools([tool], load.load_protocol(CHAT))
    assert declared["function"]["strict"] is strict
    for protocol in (CLAUDE, GEMINI):
        with pytest.raises(NotOffered, match="no 'strict', which the tool 'find' has"):
            define_tools([tool], load.load_protocol(protocol))


def test_a_tool_that_is_not_there_cannot_be_asked_for() -> None:
    with pytest.raises(BadInput, match="'fnid'"):
        tool_rules({"tool_choice": "fnid"}, [TOOL], load.load_protocol(CHAT))


def test_the_wanted_format_in_each_protocol_s_words() -> None:
    schema, named = {"title": "my answer!", "type": "object"}, Variable("SCHEMA")
    format_ = {"type": "json_schema", "json_schema": {"name": "myanswer", "strict": True, "schema": named}}
    assert format_fields({}, schema, load.load_protocol(CHAT)) == {"response_format": format_}
    assert format_fields({}, {}, load.load_protocol(CHAT))["response_format"]["json_schema"]["name"] == "answer"
    mode = {"response_format": "json_object"}
    assert format_fields(mode, schema, load.load_protocol(CHAT)) == {"response_format": {"type": "json_object"}}
    assert format_fields({}, schema, load.load_protocol(CLAUDE)) == {}
    inside = {"responseMimeType": "application/json", "responseJsonSchema": named}
    assert format_fields({}, schema, load.load_protocol(GEMINI)) == {"generationConfig": inside}
    with pytest.raises(NotOffered):
        format_fields(mode, schema, load.load_protocol(GEMINI))


def test_what_stands_for_nothing_is_left_out_and_layers_are_merged_inside() -> None:
    filled = fill({"a": "$x", "b": ["$y"], "c": "$none", "d": "a $x"}, {"$x": 1, "$y": "$x", "$none": ABSENT})
    assert filled == {"a": 1, "b": ["$x"], "d": "a $x"}
    assert merge({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}, "d": []}) == {"a": {"b": 1, "c": 3}, "d": []}
