"""Made-up values fit their JSON Schema."""

from typing import Any

import jsonschema
import pytest
from chat_completions.replay.example_value import example_value

SCHEMAS: list[Any] = [
    {"type": "string"},
    {"type": "string", "minLength": 30},
    {"type": "string", "maxLength": 3},
    {"type": "string", "format": "date-time"},
    {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{3}$"},
    {"type": ["null", "integer"], "minimum": 3},
    {"type": "integer", "exclusiveMinimum": 3, "maximum": 4},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "maximum": -2},
    {"type": "integer", "multipleOf": 7, "minimum": 15},
    {"type": "boolean"},
    {"type": "null"},
    {"const": {"a": 1}},
    {"enum": [None, "x"]},
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "uniqueItems": True},
    {"type": "array", "maxItems": 0},
    {"prefixItems": [{"type": "string"}, {"type": "number"}], "items": False, "type": "array"},
    {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
    {"type": "object", "required": ["a"]},
    {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}]},
    {"oneOf": [{"type": "string", "maxLength": 5}, {"type": "number"}]},
    {"allOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"required": ["b"]}], "type": "object"},
    {"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {
        "name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
        "required": ["name", "children"], "additionalProperties": False}}},
    {"$ref": "#/$defs/a", "$defs": {"a": {"type": "string", "enum": ["only"]}}},
    {"type": "object", "properties": {"when": {"type": "string", "format": "date", "description": "a day"}}},
    True,
    {},
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_a_value_fits(schema: Any) -> None:
    jsonschema.validate(example_value(schema), schema, format_checker=jsonschema.FormatChecker())


def test_a_value_is_named_for_its_property() -> None:
    assert example_value({"properties": {"city": {"type": "string"}}}) == {"city": "example city"}
