"""Tool loops, fixed formats, pictures, tasks, models and balance: every case, on every kind of program."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support import plays, shared_cases
from support.programs import Shape, shapes
from support.trials import AT_ONCE, SHARES
from support.wires import WIRES

FILES = ("tools", "structured", "vision", "images", "tasks", "lists")
TASKS = {name: sorted({one.task for one in plays.load(name)}) for name in FILES}
KINDS = [(name, shape) for name in FILES for task in TASKS[name] for shape in shapes(task=task)]
FRAMINGS = ("whole", "given", "bytes", "threes")
# Each case meets some of the programs on raw HTTP in turn, fewer of the client libraries and streams.
RAW, FEW, OTHERS = 4, 2, 10


@pytest.mark.parametrize(("name", "shape"), KINDS, ids=[f"{name}-{shape}" for name, shape in KINDS])
def test_kinds(runnable: Shape, name: str, full: bool, only: str) -> None:
    turn = _turn(runnable)
    chosen = []
    for number, play in enumerate(plays.load(name)):
        wanted = only == play.id or (not only and (full or (number + turn) % _share(play, runnable) == 0))
        if wanted and play.suits(runnable):
            every = FRAMINGS if full and runnable.stream else FRAMINGS[(number + turn) % 4 :][:1]
            chosen += [(play, framing) for framing in every]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda one: plays.attempt(one[0], runnable, one[1]), chosen))
    wrong = [
        f"{play.id} ({framing}): {'; '.join(said)}" for (play, framing), said in zip(chosen, found, strict=True) if said
    ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def _is_raw(shape: Shape) -> bool:
    return shape.client not in SHARES and shape.library != "anthropic"


def _turn(shape: Shape) -> int:
    """The place among its like, another one on each protocol."""
    alike = [one for one in shapes(shape.mode, shape.protocol, shape.task) if _is_raw(one) == _is_raw(shape)]
    return alike.index(shape) + sorted(WIRES).index(shape.protocol)


def _share(play: plays.Play, shape: Shape) -> int:
    """One in how many cases this shape meets in a run that is not full."""
    if not _is_raw(shape) or (shape.stream and "plain" in play.modes):
        return OTHERS
    return RAW if shape.protocol in plays.TEXT and play.task != "image" else FEW


def test_ours_cover_the_table_of_faults() -> None:
    """No fault of tools, JSON, pictures and lists is missing here."""
    covered = {id_ for name in FILES for play in plays.load(name) for id_ in play.covers}
    assert set(shared_cases.faults_of({"tools", "json", "image", "list"})) <= covered
