"""Printed programs stay as short as budgets.yaml says, over all combinations."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_completions.generate import make
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.types import ProgramRequest
from support.line_count import count_lines

BUDGETS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("budgets.yaml").read_text(encoding="utf-8"))


@cache
def longest() -> dict[str, dict[str, int]]:
    """Return the most lines of each language, library and kind, whole and streamed."""
    found: dict[str, dict[str, int]] = {}
    for one in offered_combinations():
        names = (one.gateway, one.task, one.language, one.library, one.protocol, one.stream)
        gateway, task, language, library, protocol, stream = names
        program = make(ProgramRequest(gateway, task, language, library, protocol, stream))
        lines = found.setdefault(f"{language}/{library}/{program.plan.kind}", {})
        mode = "stream" if stream else "whole"
        lines[mode] = max(lines.get(mode, 0), count_lines(program))
    return found


def test_every_kind_of_program_has_a_budget() -> None:
    assert {name: set(modes) for name, modes in longest().items()} == {
        name: set(modes) - {"design", "reason"} for name, modes in BUDGETS["programs"].items()
    }


@pytest.mark.parametrize("name", BUDGETS["programs"])
def test_no_program_is_longer_than_its_budget(name: str) -> None:
    budget = BUDGETS["programs"][name]
    for mode, lines in longest()[name].items():
        assert lines <= budget[mode], f"{name}, {mode}"
        if lines > budget["design"][mode]:
            assert budget.get("reason"), f"{name}, {mode}: longer than the design wants, without a reason"
