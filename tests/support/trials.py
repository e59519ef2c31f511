"""Tries cases on a program: every run its own process and its own server, several at a time."""

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import pytest
import yaml

from support.cases import FOLDER, Case
from support.checks import Outcome, wrong
from support.notation import expand
from support.programs import Shape, program, shapes
from support.replies import Reply
from support.running import run
from support.serving import Server, closed_port
from support.watching import Scene

KEY = "pass_Zq7Vw2Xk9Rt4Lm6Bn8Hd"
AT_ONCE = 6
# Starting a client library takes longest: of the cases, those that start it meet one in so many.
SHARES = {"python-openai": 2, "javascript-openai": 3, "python-google-genai": 2}
SHARES |= {"javascript-anthropic": 2, "javascript-google-genai": 3}
OTHER_PROTOCOLS = 8  # what is the same for all protocols is met on chat completions
READ_TIMEOUT = re.compile(r"\b120(_?000)?\b")


@dataclass(frozen=True)
class Trial:
    """One case, on one shape of program, its stream cut in one way."""

    case: Case
    shape: Shape
    framing: str = "given"
    warm: bool = True


def check(trials: Iterable[Trial]) -> None:
    """Fails the test with all that went wrong."""
    if found := failures(trials):
        pytest.fail("\n".join(found), pytrace=False)


def failures(trials: Iterable[Trial]) -> list[str]:
    """What went wrong, known deviations aside; a deviation that is gone counts as wrong."""
    tried = list(trials)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(attempt, tried))
    deviating = {(one.shape, one.case.id) for one, faults in zip(tried, results, strict=True) if faults}
    found = []
    for one, faults in zip(tried, results, strict=True):
        if faults and not (one.case.level == "should" and known(one)):
            found.append(f"{one.case.id} ({one.framing}, {one.case.level}): " + "; ".join(faults))
    for shape, id_ in {(one.shape, one.case.id) for one in tried if known(one)} - deviating:
        found.append(f"{id_}: {shape} keeps it now; take it out of deviations.yaml")
    return found


def attempt(trial: Trial) -> list[str]:
    """What is wrong with this run of a program."""
    return examine(program(trial.shape).code, trial)


def examine(code: str, trial: Trial) -> list[str]:
    """What is wrong with this run of any code."""
    case, shape, key = trial.case, trial.shape, secret(trial.case)
    if case.read_timeout is not None:
        code, found = READ_TIMEOUT.subn(lambda one: f"{case.read_timeout}{one[1] or ''}", code)
        if not found:
            return ["it names no read timeout of 120 s"]
    with Server([Reply(status=500)]) as other, Server([]) as server, _closed(case) as closed:
        words = {"KEY": key, "HERE": server.url, "PORT": server.url.rpartition(":")[2]}
        words |= {"OTHER": other.url, "CLOSED": closed}
        server.replies = case.served(shape.mode, trial.framing, words, shape.protocol)
        case = expand_case(case, words)
        env = {"AITOLL_BASE_URL": case.base, **case.env}
        if case.key is not None:
            env["AITOLL_API_KEY"] = case.key
        ran = run(code, shape.language, env, scene=_scene(trial, case, server))
    return wrong(Outcome(case, ran, server, other, key, code, shape.wire, shape.stream))


def secret(case: Case) -> str:
    """The key that the program must neither show nor lose."""
    return KEY if case.key is None or "<KEY>" in case.key else case.key.strip()


def expand_case(case: Case, words: dict[str, str]) -> Case:
    """The case with the words of this run in it, in what is run and expected."""
    names = ("key", "base", "env", "home", "stdout", "stdouts")
    return Case(**{**vars(case), **{name: expand(vars(case)[name], words) for name in names}})


def known(trial: Trial) -> str:
    """Why this case is known to go otherwise here, or nothing."""
    return listed(trial.shape).get(trial.case.id, "")


def listed(shape: Shape) -> Mapping[str, str]:
    """The known deviations of a shape: id of a `should` case, reason."""
    return deviations().get(str(shape), {})


@cache
def deviations() -> dict[str, dict[str, str]]:
    """The known deviations: shape, id of a `should` case, reason."""
    return yaml.safe_load((FOLDER / "deviations.yaml").read_text(encoding="utf-8")) or {}


def in_turn(number: int, shape: Shape, *, full: bool, share: int = 1, own: bool = False) -> bool:
    """Whether this shape meets the case of this number in a run that is not full.

    `own`: the case is one of the shape's protocol alone.
    """
    share = (1 if own else share * (1 if shape.usual else OTHER_PROTOCOLS)) * SHARES.get(shape.client, 1)
    if own:
        share *= 2
    return full or (number + shapes(shape.mode, shape.protocol).index(shape)) % share == 0


def framings(case: Case, shape: Shape, turn: int, *, full: bool) -> Sequence[str]:
    """All ways of cutting the stream, or the one whose turn it is."""
    every = case.framings()
    return every if full or case.id in listed(shape) else [every[turn % len(every)]]


def _scene(trial: Trial, case: Case, server: Server) -> Scene:
    return Scene(
        stdin=case.stdin.encode(),
        home=case.home,
        interrupt=server.asked if case.interrupt else None,
        after_text=case.interrupt == "text",
        lines=case.lines,
        warm=trial.warm and not case.cold,
    )


def _closed(case: Case) -> contextlib.AbstractContextManager[str]:
    return closed_port() if "<CLOSED>" in case.base else contextlib.nullcontext("")
