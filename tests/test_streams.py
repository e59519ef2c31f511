"""Streaming programs print the answer, and tell a whole one from a cut one, however it is sent."""

import pytest
from support import shared_cases
from support.cases import Case, load
from support.programs import Shape, shapes
from support.trials import Trial, check, framings, in_turn, listed

CASES = load("streams")
SHARED = shared_cases.streams()
STREAMING = shapes("stream")


@pytest.mark.parametrize("group", dict.fromkeys(case.group for case in CASES))
@pytest.mark.parametrize("shape", STREAMING, ids=str)
def test_streams(runnable: Shape, group: str, full: bool, only: str) -> None:
    """Every case of ours, the stream cut in one of four ways in turn, or in all of them."""
    turn = STREAMING.index(runnable)
    chosen = [
        case
        for number, case in enumerate(CASES)
        if case.group == group
        and case.suits(runnable.protocol)
        and only in ("", case.id)
        and (
            only
            or case.always
            or case.id in listed(runnable)
            or in_turn(number, runnable, full=full, own=_own(case, runnable))
        )
    ]
    check(_trials(chosen, runnable, turn, full=full))


@pytest.mark.parametrize("shape", STREAMING, ids=str)
def test_shared_streams(runnable: Shape, full: bool, only: str) -> None:
    """The cases of the collection; those that ours stand for on one shape in turn."""
    speaking = shapes("stream", runnable.protocol)
    turn, covered = speaking.index(runnable), shared_cases.covered()
    chosen = [
        case
        for number, case in enumerate(SHARED)
        if case.suits(runnable.protocol)
        and only in ("", case.id)
        and (full or case.id not in covered or number % len(speaking) == turn)
    ]
    check(_trials(chosen, runnable, turn, full=full))


def test_ours_cover_the_collection() -> None:
    """No situation of the collection is missing here."""
    optional = {case.id for case in SHARED if case.level == "may"}
    assert {case.id for case in SHARED} - optional <= shared_cases.covered()


def _own(case: Case, shape: Shape) -> bool:
    return bool(case.protocols) and not shape.usual


def _trials(cases: list[Case], shape: Shape, turn: int, *, full: bool) -> list[Trial]:
    return [
        Trial(case, shape, framing, warm=not full)
        for number, case in enumerate(cases)
        for framing in framings(case, shape, turn + number, full=full)
    ]
