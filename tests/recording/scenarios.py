"""List the scenarios of a gateway: what is asked, and how the program must end.

One scenario for each combination of task, protocol and stream, a wrong key and a wrong model for each
chat protocol, and what scenarios.yaml adds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from recording.generator import combinations

CASSETTES = Path(__file__).resolve().parents[1] / "cassettes"
SETUP: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text(encoding="utf-8"))
PREFIXES = {
    "aireiter-tasks": "tasks-",
    "anthropic-messages": "messages-",
    "gemini-generate": "gemini-",
    "openai-images": "images-",
}
NO_MODEL = "no-such-model"
REFUSED = (400, 401, 403)


@dataclass(frozen=True)
class Scenario:
    """A program to record: its options, the placeholder of the key it gets, and the accepted outcomes."""

    gateway: str
    name: str
    options: Mapping[str, Any]
    key: str = "<key>"
    exits: Sequence[int] = (0,)
    statuses: Sequence[int] = ()
    note: str = ""
    mock: bool = False
    every_program: bool = True  # whether programs in all languages replay it

    def __str__(self) -> str:
        """Return the name that the test gets."""
        return f"{self.gateway}/{self.name}"


@dataclass(frozen=True)
class RawRequest:
    """A request that no written program sends."""

    gateway: str
    name: str
    path: str
    header: str
    prefix: str = ""
    key: str = "<key>"
    times: int = 1  # how often it is sent: the last response is recorded
    body: Mapping[str, Any] = field(default_factory=dict)  # empty: malformed JSON is sent

    def __str__(self) -> str:
        """Return the name that the test gets."""
        return f"{self.gateway}/{self.name}"


@cache
def scenarios(gateway: str) -> list[Scenario]:
    """Return all scenarios of a gateway, in a fixed order."""
    setup = SETUP.get(gateway, {})
    keys = [key for key in combinations(gateway) if key[0] not in setup.get("leave_out", ())]
    may_fail = setup.get("may_fail", ())
    of_tasks = [task_scenario(gateway, *key) for key in keys]
    of_tasks = [replace(s, exits=(0, 1), statuses=(200,)) if s.options["task"] in may_fail else s for s in of_tasks]
    protocols = [protocol for task, protocol, stream in keys if task == "chat" and not stream]
    return [*of_tasks, *failure_scenarios(gateway, protocols), *extra_scenarios(gateway, protocols)]


def task_scenario(gateway: str, task: str, protocol: str, stream: bool) -> Scenario:
    """Return the scenario of one combination."""
    options = {"task": task, "protocol": protocol, **({"stream": True} if stream else {})}
    return Scenario(gateway, f"{PREFIXES.get(protocol, '')}{task}{'-stream' if stream else ''}", options)


def failure_scenarios(gateway: str, protocols: Sequence[str]) -> Iterator[Scenario]:
    """Yield a wrong key and a wrong model for each chat protocol."""
    for number, protocol in enumerate(protocols):
        suffix, options = f"-{protocol}" if number else "", {"task": "chat", "protocol": protocol}
        refused = Scenario(gateway, f"wrong-key{suffix}", options, exits=(1,), every_program=False)
        yield replace(refused, key="<wrong-key>", statuses=REFUSED)
        options = {**options, "model": NO_MODEL}
        yield Scenario(gateway, f"wrong-model{suffix}", options, exits=(0, 1), every_program=False)


def extra_scenarios(gateway: str, protocols: Sequence[str]) -> Iterator[Scenario]:
    """Yield the scenarios that scenarios.yaml adds: chat programs that meet a failure or a mock."""
    for extra in SETUP.get(gateway, {}).get("scenarios", ()):
        values = dict(extra)
        options = {"task": "chat", "protocol": protocols[0], **values.pop("write", {})}
        exits = (values.pop("exit", 0),)
        yield Scenario(gateway, options=options, exits=exits, every_program=False, **values)


def raw_requests(gateway: str) -> list[RawRequest]:
    """Return the requests that no written program sends."""
    return [RawRequest(gateway, **values) for values in SETUP.get(gateway, {}).get("raw", ())]


def file_of(scenario: Scenario | RawRequest, cassettes: Path) -> Path:
    """Return the cassette of a scenario."""
    return cassettes / scenario.gateway / f"{scenario.name}.yaml"


def is_recorded(file: Path) -> bool:
    """Return whether a cassette holds a recording, not a documented or constructed exchange."""
    return file.is_file() and "\n  label: recorded\n" in file.read_text(encoding="utf-8")[:500]
