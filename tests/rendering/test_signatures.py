"""The function of a tool takes what its schema allows, with types."""

import subprocess
from typing import Any

import pytest
from chat_completions.errors import BadInput
from chat_completions.generate import generate_program
from chat_completions.planning.types import ProgramRequest

A, AB = {"type": "string"}, {"a": {"type": "string"}, "b": {"type": "integer"}}
SIGNATURES: dict[str, tuple[dict[str, Any], str]] = {
    "required first": ({"properties": AB, "required": ["b"]}, "b: int, a: str | None = None"),
    "default": ({"properties": {"a": {"enum": ["c", "f"], "default": "c"}}}, 'a: str = "c"'),
    "default of another type": ({"properties": {"a": {**A, "default": 1}}}, "a: str | None = None"),
    "default that could end the text": ({"properties": {"a": {**A, "default": '"\n'}}}, 'a: str = "\\"\\n"'),
    "several types": ({"properties": {"a": {"type": ["number", "null"]}}}, "a: float | None = None"),
    "no type": ({"properties": {"a": {"type": []}, "b": True}}, "a: Any = None, b: Any = None"),
    "items": ({"properties": {"a": {"type": "array", "items": A}}, "required": ["a"]}, "a: list[str]"),
    "values": (
        {"properties": {"a": {"type": "object", "additionalProperties": A}}, "required": ["a"]},
        "a: dict[str, str]",
    ),
    "any object": ({}, "**arguments: Any"),
    "other names": ({"properties": {"a": A}, "additionalProperties": A}, "a: str | None = None, **arguments: Any"),
    "no other names": ({"properties": {"a": A}, "additionalProperties": False}, "a: str | None = None"),
    "required elsewhere": ({"properties": {}, "required": ["a"]}, "**arguments: Any"),
    "parts": ({"properties": {}, "anyOf": [{"required": ["a"]}]}, "**arguments: Any"),
    "no identifier": ({"properties": {"a b": A}}, "**arguments: Any"),
    "no parameter": ({"properties": {"__debug__": A}}, "**arguments: Any"),
}


def written(tools: list[dict[str, Any]], language: str = "python", library: str | None = None) -> str:
    request = ProgramRequest("aitoll", task="tools", language=language, library=library, prompt="Hi", tools=tools)
    return generate_program(request).code


@pytest.mark.parametrize("name", SIGNATURES)
def test_parameters(name: str) -> None:
    schema, parameters = SIGNATURES[name]
    code = written([{"name": "look_up", "parameters": {"type": "object", **schema}}])
    assert f"def look_up({parameters}) -> Any:" in code
    compile(code, "program.py", "exec")


def test_many_parameters_stand_on_lines_of_their_own() -> None:
    properties = {f"parameter_{number}": A for number in range(8)}
    code = written([{"name": "look_up", "parameters": {"type": "object", "properties": properties}}])
    assert "def look_up(\n    parameter_0: str | None = None,\n" in code


@pytest.mark.parametrize("other", ["json-", "json_"])
def test_two_tools_are_never_one_function(other: str) -> None:
    tools = [{"name": name, "parameters": {"type": "object", "properties": {}}} for name in ("json", other)]
    with pytest.raises(BadInput, match="becomes the function json_"):
        written(tools)


def test_javascript_shows_input_that_has_other_names() -> None:
    assert "look_up: (input) =>" in written([{"name": "look_up", "parameters": {"type": "object"}}], "javascript")


def test_a_tool_may_be_named_as_the_end_of_a_choice() -> None:
    code = written([{"name": "esac", "parameters": {"type": "object", "properties": {}}}], "shell")
    assert subprocess.run(["bash", "-n"], input=code.encode(), check=False).returncode == 0
    assert "put your code here" in code
