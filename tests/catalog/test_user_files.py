"""The user's own tools and schemas: what is accepted, and the one line about what is not."""

from typing import Any

import pytest
from chat_completions.catalog.user_files import check_schema, check_tools
from chat_completions.catalog.validation import ValidationError
from chat_completions.generate import generate_program
from chat_completions.planning.messages import notes_on_schema
from chat_completions.planning.types import ProgramRequest

OBJECT = {"type": "object"}
GOOD_TOOLS: list[Any] = [
    [{"name": "find", "description": "Finds.", "parameters": OBJECT, "example": None}],
    {"tools": [{"name": "find"}]},
    [{"type": "function", "function": {"name": "find", "parameters": OBJECT, "strict": True}}],
    [{"name": "a_b"}, {"name": "c-d"}],
]


@pytest.mark.parametrize("data", GOOD_TOOLS, ids=str)
def test_tools_are_taken_plain_or_wrapped(data: Any) -> None:
    for tool in check_tools(data):
        assert tool["parameters"]["type"] == "object"


BAD_TOOLS: list[tuple[Any, str]] = [
    ([], "must be a list"),
    ({"functions": []}, "must be a list"),
    ("find", "must be a list"),
    ([7], "item 0 must be a mapping"),
    ([{"description": "x"}], "item 0 lacks 'name'"),
    ([{"name": "find it"}], "name does not look as it should"),
    ([{"name": "1st"}], "no digit first"),
    ([{"name": "x" * 65}], "up to 64"),
    ([{"name": "a"}, {"name": "b", "description": 7}], "item 1.description must be text"),
    ([{"name": "a", "input_schema": {}}], "input_schema is not known here. It is called parameters"),
    (
        [{"name": "a", "parameters": {"type": "object", "properties": {"b": {"$ref": "#/$defs/b"}}}}],
        "parameters.properties.b.$ref '#/$defs/b' leads nowhere",
    ),
    ([{"name": "a", "parameters": {"type": "array"}}], "item 0.parameters.type is 'array'"),
    (
        [{"name": "a", "parameters": {"type": "object", "properties": {"x": {"type": "text"}}}}],
        "properties.x.type does not look",
    ),
    ([{"name": "a", "parameters": {"type": "object", "required": "x"}}], "required"),
    ([{"name": "a", "parameters": {"type": "object", "properties": []}}], "properties"),
    ([{"name": "a", "strict": "yes"}], "strict must be true or false"),
    ([{"name": "a", "example": float("nan")}], "number that JSON does not have"),
    ([{"name": "a-b"}, {"name": "a_b"}], "too like 'a-b'"),
    ([{"name": "a"}, {"name": "a"}], "too like 'a'"),
    ([{"function": {"name": "a"}, "strict": True}], "stands beside function"),
    ([{"name": "a", "description": "\ud83d"}], "surrogate"),
]


@pytest.mark.parametrize(("data", "fragment"), BAD_TOOLS, ids=str)
def test_a_bad_tool_is_one_line_with_the_place(data: Any, fragment: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_tools(data)
    assert fragment in f"{caught.value}. {caught.value.hint}"
    assert len(str(caught.value).splitlines()) == 1


BAD_SCHEMAS: list[tuple[Any, str]] = [
    ([], "of type object"),
    ({"type": "array"}, "of type object"),
    (
        {"type": "object", "properties": {"a": {"type": "int"}}},
        "properties.a.type does not look as it should. The types are",
    ),
    ({"type": "object", "properties": {"a": {"items": 7}}}, "properties.a.items must be a mapping"),
    ({"type": "object", "properties": {"a": {"enum": "x"}}}, "enum"),
    ({"type": "object", "properties": {"a": {"type": ["string", "nil"]}}}, "'nil'"),
    ({"type": "object", "title": "\udd8a"}, "surrogate"),
    ({"$ref": "#/$defs/none"}, "leads nowhere. A program takes no other file"),
    ({"$ref": "https://example.com/a.json"}, "leads nowhere"),
    ({"anyOf": [{"$ref": "#/anyOf/7"}]}, "leads nowhere"),
]


@pytest.mark.parametrize(("data", "fragment"), BAD_SCHEMAS, ids=str)
def test_a_bad_schema_is_one_line_with_the_place(data: Any, fragment: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_schema(data)
    assert fragment in f"{caught.value}. {caught.value.hint}"
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_not_checked_and_what_strict_mode_wants_is_told() -> None:
    loose = {"type": "object", "properties": {"a": {"type": "string", "minLength": 3}}}
    notes = " ".join(notes_on_schema(loose, ["type", "properties", "required", "additionalProperties"]))
    assert "minLength" in notes
    assert "strict mode" in notes
    assert "minLength" not in " ".join(notes_on_schema(loose, []))
    whole = {**loose, "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
    assert notes_on_schema(whole, []) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "properties": {"n": {"type": "integer"}}}}},
        {"$ref": "#/$defs/a~1b%20c/anyOf/1", "$defs": {"a/b c": {"anyOf": [True, {"type": "object"}]}}},
        {"$ref": "#here", "$defs": {"a": {"$anchor": "here", "type": "object"}}},
        {"$ref": "item.json", "$defs": {"a": {"$id": "item.json", "type": "object", "enum": [{"$ref": "#/no"}]}}},
        {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "string"}}}]},
        {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "string"}}]},
    ],
    ids=str,
)
def test_a_root_may_refer_or_be_put_together(schema: dict[str, Any]) -> None:
    assert check_schema(schema) == schema
    code = generate_program(ProgramRequest("aitoll", "structured", schema=schema)).code
    assert next(iter(schema)) in code


def test_a_list_as_schema_gets_the_hint_to_wrap_it() -> None:
    with pytest.raises(ValidationError) as caught:
        check_schema({"type": "array", "items": {"type": "string"}})
    assert '"properties": {"items"' in caught.value.hint
