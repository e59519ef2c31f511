"""The TypeScript type of a JSON Schema allows its values, and no others."""

from typing import Any

import pytest
from chat_completions.catalog import load
from chat_completions.rendering.schema_types import type_of

STYLE = load.load_language("typescript").literals
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("schema", "type_"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["number", "null"]}, "number | null"),
        ({"enum": ["a", 'b"', 3, None, True]}, '"a" | "b\\"" | 3 | null | true'),
        ({"const": "x"}, '"x"'),
        ({"type": "array", "items": {"type": "boolean"}}, "boolean[]"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "(string | null)[]"),
        ({"type": "array"}, "unknown[]"),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}]}, "string | number[]"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "number"),
        (PERSON, "{ name: string; age?: number }"),
        ({"type": "array", "items": PERSON}, "{ name: string; age?: number }[]"),
        ({"properties": {"a b": {"type": "string"}, "__proto__": {}}}, '{ "a b"?: string; ["__proto__"]?: unknown }'),
        ({"type": "object"}, "Record<string, unknown>"),
        ({"$ref": "#/$defs/x"}, "unknown"),
        ({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/x"}]}, "unknown"),
        ({"enum": [["a"], {}]}, "unknown"),
        ({"type": 5}, "unknown"),
        (True, "unknown"),
    ],
)
def test_the_type_of_a_schema(schema: Any, type_: str) -> None:
    assert type_of(STYLE, schema) == type_


def test_an_object_that_is_too_long_for_a_line_stands_on_several() -> None:
    long = {f"a_rather_long_name_{number}": {"type": "string"} for number in range(4)}
    schema = {"type": "object", "properties": {"inner": {"type": "object", "properties": long}}}
    lines = type_of(STYLE, schema).splitlines()
    assert lines[:3] == ["{", "  inner?: {", "    a_rather_long_name_0?: string;"]
    assert lines[-2:] == ["  };", "}"]
