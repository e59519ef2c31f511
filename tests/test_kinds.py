"""Tool loops, fixed formats, pictures, tasks, models and balance: every case, on every kind of program."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support import plays, shared_cases
from support.programs import Shape, shapes
from support.trials import AT_ONCE, SHARES

FILES = ("tools", "structured", "vision", "images", "tasks", "lists")
TASKS = {name: sorted({one.task for one in plays.load(name)}) for name in FILES}
KINDS = [(name, shape) for name in FILES for task in TASKS[name] for shape in shapes(task=task)]
FRAMINGS = ("whole", "given", "bytes", "threes")
OTHERS = 3  # one of so many cases, where another program or protocol meets them all


@pytest.mark.parametrize(("name", "shape"), KINDS, ids=[f"{name}-{shape}" for name, shape in KINDS])
def test_kinds(runnable: Shape, name: str, full: bool, only: str) -> None:
    alike = shapes(task=runnable.task)
    turn, share = alike.index(runnable), _share(runnable)
    chosen = []
    for number, play in enumerate(plays.load(name)):
        wanted = only == play.id or (not only and (full or (number + turn) % share == 0))
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


def _share(shape: Shape) -> int:
    """The plain programs on raw HTTP meet every case, the others one in some."""
    if shape.client not in SHARES and not shape.stream:
        return 1
    return OTHERS * SHARES.get(shape.client, 1)


def test_ours_cover_the_table_of_faults() -> None:
    """No fault of tools, JSON, pictures and lists is missing here."""
    covered = {id_ for name in FILES for play in plays.load(name) for id_ in play.covers}
    assert set(shared_cases.faults_of({"tools", "json", "image", "list"})) <= covered
