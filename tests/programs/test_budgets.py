"""Printed programs stay as short as budgets.yaml says, over all combinations."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.types import Program
from support.generation import make_combination

BUDGETS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("budgets.yaml").read_text(encoding="utf-8"))

ASYNC_LINES = 11  # on top: an import, async with, main() for a stream, its close, a call that no longer fits one line

# Constants and functions that hold what the user gave: prompts of several turns, images, tools and what they return.
DATA = re.compile(r"^(?:export )?(?:const )?(?:TOOLS|SCHEMA|MESSAGES|IMAGES?|FUNCTIONS|PROMPT)\b.*=")
SHELL_DATA = re.compile(r"<<'JSON'")
OPENING, CLOSING = "([{", ")]}"


@cache
def longest() -> dict[str, dict[str, int]]:
    """Return the most lines of each language, library and kind, whole and streamed."""
    budgets: dict[str, dict[str, int]] = {}
    for combination in offered_combinations():
        program = make_combination(combination)
        lines = budgets.setdefault(f"{combination.language}/{combination.library}/{program.plan.template}", {})
        mode = ("async-" if combination.asynchronous else "") + ("stream" if combination.stream else "whole")
        lines[mode] = max(lines.get(mode, 0), count_lines(program))
    return budgets


def test_every_kind_of_program_has_a_budget_and_none_is_longer() -> None:
    printed = {name: {mode for mode in modes if "async" not in mode} for name, modes in longest().items()}
    assert printed == {name: set(modes) - {"design", "reason"} for name, modes in BUDGETS["programs"].items()}
    assert list(too_long()) == []


def too_long() -> Iterator[str]:
    """Yield the programs that are longer than their budget, and those longer than the design without a reason."""
    for name, budget in BUDGETS["programs"].items():
        for way, printed in longest()[name].items():
            mode = way.removeprefix("async-")
            lines = printed - (ASYNC_LINES if way != mode else 0)
            if lines > budget[mode]:
                yield f"{name}, {mode}: {lines} lines, the budget is {budget[mode]}"
            if lines > budget["design"][mode] and not budget.get("reason"):
                yield f"{name}, {mode}: longer than the design wants, without a reason"


def count_lines(program: Program) -> int:
    """Return the number of non-blank lines without the user's own data."""
    lines = [line for line in program.code.splitlines() if line.strip()]
    return len(list(_own_lines(lines, {tool.name for tool in program.plan.tools}, program.resolution.language.id)))


def _own_lines(lines: list[str], tools: set[str], language: str) -> Iterator[str]:
    """Yield the lines that are ours."""
    rest = iter(lines)
    for line in rest:
        stub = re.match(r"def (\w+)\(", line)
        if stub and stub[1] in tools:
            next(rest)
        elif language == "shell" and SHELL_DATA.search(line):
            yield line
            while next(rest) != "JSON":
                continue
        elif DATA.match(line):
            depth, ended = _depth(line), not line.endswith("=")
            while depth > 0 or not ended:
                line = next(rest)  # noqa: PLW2901 - the value goes on
                depth, ended = depth + _depth(line), True
        else:
            yield line


def _depth(line: str) -> int:
    """Return how many more brackets a line opens than it closes, outside of strings."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", line)
    return sum(bare.count(bracket) for bracket in OPENING) - sum(bare.count(bracket) for bracket in CLOSING)
