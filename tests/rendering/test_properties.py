"""Any text arrives exactly: what Hypothesis thinks of goes through every language's literals."""

import ast
import json
import os
import shutil
import subprocess

import pytest
from chat_completions.catalog import load
from chat_completions.generate import generate_program
from chat_completions.planning.types import ProgramRequest, Variable, replace_variables
from chat_completions.rendering import literals
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

STYLES = {name: load.load_language(name).literals for name in load.names("language")}
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def values(integers: st.SearchStrategy[int]) -> st.SearchStrategy[object]:
    plain = st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | TEXT
    return st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=12)


VALUES = values(st.integers())
LARGEST = STYLES["javascript"].largest_integer
VALUES_OF_JAVASCRIPT = values(st.integers(-LARGEST, LARGEST) if LARGEST else st.nothing())

# A busy machine is no reason to fail.
CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))


@CALM
@given(VALUES, st.integers(0, 8))
def test_python_reads_back_what_was_meant(value: object, margin: int) -> None:
    assert ast.literal_eval(literals.write_literal(STYLES["python"], value, margin)) == value


@CALM
@given(VALUES)
def test_json_reads_back_what_was_meant(value: object) -> None:
    assert json.loads(literals.write_literal(STYLES["shell"], value)) == value


@CALM
@given(TEXT)
def test_a_literal_shows_all_that_is_in_it(value: str) -> None:
    assert literals.text(value).isprintable()


@settings(max_examples=5, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(TEXT, min_size=200, max_size=400), st.lists(VALUES_OF_JAVASCRIPT, min_size=20, max_size=40))
def test_javascript_reads_back_what_was_meant(texts: list[str], values: list[object]) -> None:
    if not shutil.which("node"):
        assert os.environ.get("CI") != "true"
        pytest.skip("needs node")
    expected = [*texts, *values, {"__proto__": {"a": 1}, "constructor": 2, "1": 3}]
    source = f"process.stdout.write(JSON.stringify({literals.write_literal(STYLES['javascript'], expected)}))"
    result = subprocess.run(
        ["node", "--input-type=module", "-"], input=source.encode(), capture_output=True, check=True
    )
    assert _as_javascript_has_it(json.loads(result.stdout)) == _as_javascript_has_it(expected)


def _as_javascript_has_it(value: object) -> object:
    """JavaScript has one kind of number, and objects keep one of two equal keys."""
    if isinstance(value, dict):
        return {key: _as_javascript_has_it(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_javascript_has_it(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXT, TEXT)
def test_a_program_holds_its_texts_and_nothing_of_them_is_code(prompt: str, system: str) -> None:
    code = generate_program(ProgramRequest("aitoll", prompt=prompt, system=system)).code
    tree = ast.parse(code)
    assert {prompt, system} <= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    plain = ast.parse(generate_program(ProgramRequest("aitoll", prompt="x", system="y")).code)
    assert [type(node) for node in ast.walk(tree)] == [type(node) for node in ast.walk(plain)]


@CALM
@given(TEXT, TEXT, st.sampled_from(["filled", "kept"]))
def test_a_variable_is_a_name_and_a_filled_one_a_value(name: str, value: str, way: str) -> None:
    body = {"messages": [{name: Variable("prompt")}]}
    if way == "filled":
        assert replace_variables(body, prompt=value) == {"messages": [{name: value}]}
    written = literals.write_literal(STYLES["python"], replace_variables(body, other=value))
    assert eval(written, {"prompt": value}) == {"messages": [{name: value}]}  # noqa: S307 - our own literal
