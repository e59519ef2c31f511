"""Programs fail in one clear line, try again only where that is wanted, and never show the key."""

import pytest
from support import shared_cases
from support.cases import load
from support.programs import Shape, shapes
from support.trials import Trial, check, in_turn

CASES = load("faults")
SHAPES = shapes()
PLAIN_SHARE = 2
STREAMING_SHARE = 8  # a streaming program meets one in so many cases that a plain one meets too


@pytest.mark.parametrize("group", dict.fromkeys(case.group for case in CASES))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_faults(runnable: Shape, group: str, full: bool, only: str) -> None:
    """Every case on every other plain program; a streaming one meets more of what only it can meet."""
    chosen = []
    for number, case in enumerate(CASES):
        share = STREAMING_SHARE if runnable.stream and "plain" in case.modes else PLAIN_SHARE
        own = bool(case.protocols) and not runnable.usual
        turn = case.always or in_turn(number, runnable, full=full, share=share, own=own)
        wanted = only == case.id or (not only and turn)
        if wanted and case.group == group and runnable.mode in case.modes and case.suits(runnable.protocol):
            chosen.append(case)
    check(Trial(case, runnable, warm=not full) for case in chosen)


def test_ours_cover_the_table() -> None:
    """No fault of the shared table is missing here that a chat program can meet."""
    assert set(shared_cases.faults()) <= shared_cases.covered()
