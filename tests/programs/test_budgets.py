"""Printed programs stay as short as budgets.yaml says, over all combinations."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_completions.planning.combinations import offered_combinations
from support.line_count import count_lines
from support.offered import make_combination

BUDGETS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("budgets.yaml").read_text(encoding="utf-8"))

ASYNC_LINES = 11  # on top: an import, async with, main() for a stream, its close, a call that no longer fits one line


@cache
def longest() -> dict[str, dict[str, int]]:
    """Return the most lines of each language, library and kind, whole and streamed."""
    found: dict[str, dict[str, int]] = {}
    for one in offered_combinations():
        program = make_combination(one)
        lines = found.setdefault(f"{one.language}/{one.library}/{program.plan.kind}", {})
        mode = ("async-" if one.asynchronous else "") + ("stream" if one.stream else "whole")
        lines[mode] = max(lines.get(mode, 0), count_lines(program))
    return found


def test_every_kind_of_program_has_a_budget() -> None:
    printed = {name: {mode for mode in modes if "async" not in mode} for name, modes in longest().items()}
    assert printed == {name: set(modes) - {"design", "reason"} for name, modes in BUDGETS["programs"].items()}


@pytest.mark.parametrize("name", BUDGETS["programs"])
def test_no_program_is_longer_than_its_budget(name: str) -> None:
    budget = BUDGETS["programs"][name]
    for way, printed in longest()[name].items():
        mode = way.removeprefix("async-")
        lines = printed - (ASYNC_LINES if way != mode else 0)
        assert lines <= budget[mode], f"{name}, {mode}"
        if lines > budget["design"][mode]:
            assert budget.get("reason"), f"{name}, {mode}: longer than the design wants, without a reason"
