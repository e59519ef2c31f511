"""What there is to record of a gateway: one scene for each task, protocol and way of answering.

A scene is recorded by one program and played by all; which programs can do so comes from the
same facts as `list combinations`. Two more belong to each protocol: a wrong key and a wrong model.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from chat_completions.catalog import load
from chat_completions.catalog.types import JsonObject
from chat_completions.errors import UnknownName
from chat_completions.planning.combinations import Combination, offered_combinations
from chat_completions.planning.types import ProgramRequest
from chat_completions.replay import cassette_store as library
from chat_completions.replay.cassette import PLACEHOLDERS

NO_MODEL = "no-such-model"


class Scene(NamedTuple):
    """What is asked, by which programs it can be recorded, and how it must end.

    `kind` is the task, or the trouble that is meant; `exits` are the exit codes that count as having
    worked, `statuses` those of the last reply where it matters, `mock` that no engine answered,
    `everywhere` that every program should play it.
    """

    name: str
    kind: str
    options: JsonObject
    programs: Sequence[tuple[str, str]]
    key: str = PLACEHOLDERS[0]
    exits: Sequence[int] = (0,)
    statuses: Sequence[int] = ()
    note: str = ""
    mock: bool = False
    everywhere: bool = True

    def words(self, program: tuple[str, str]) -> set[str]:
        """What `--combinations` may call this scene by, recorded by this program."""
        way = "stream" if self.options.get("stream") else "whole"
        return {self.name, self.kind, self.options["protocol"], way, *program}


def scenes(gateway: str, cells: str | None = None) -> list[Scene]:
    """The scenes of a gateway, or those whose cells are named; UnknownName for a word none has."""
    rows = _cells(gateway)
    found = [*_of_tasks(rows, library.names(gateway)), *_of_failures(rows)]
    if cells is None:
        return found
    wanted = [set(one.replace("/", " ").split()) for one in cells.split(",")]
    known = {word for scene in found for program in scene.programs for word in scene.words(program)}
    for word in sorted({word for words in wanted for word in words} - known):
        raise UnknownName("combination", word, sorted(known))
    narrowed = [scene._replace(programs=_wanted(scene, wanted)) for scene in found]
    return [scene for scene in narrowed if scene.programs]


def _wanted(scene: Scene, wanted: Sequence[set[str]]) -> list[tuple[str, str]]:
    return [one for one in scene.programs if any(words and words <= scene.words(one) for words in wanted)]


def _of_tasks(cells: Sequence[Combination], named: Mapping[tuple[str, str, bool], str]) -> Iterator[Scene]:
    first: dict[str, str] = {}
    for (task, protocol, stream), rows in _grouped(cells).items():
        spoken = first.setdefault(task, protocol)
        options = {"task": task, "protocol": protocol, **({"stream": True} if stream else {})}
        name = task + f"-{protocol}" * (protocol != spoken) + "-stream" * stream
        yield Scene(named.get((task, protocol, stream), name), task, options, rows)


def _of_failures(cells: Sequence[Combination]) -> Iterator[Scene]:
    spoken = [(key[1], rows) for key, rows in _grouped(cells).items() if key[0] == "chat" and not key[2]]
    for number, (protocol, rows) in enumerate(spoken):
        options, end = {"task": "chat", "protocol": protocol}, f"-{protocol}" * bool(number)
        other = {**options, "model": NO_MODEL}
        refused = Scene(f"wrong-key{end}", "wrong-key", options, rows, exits=(1,), everywhere=False)
        yield refused._replace(key="<wrong-key>", statuses=(400, 401, 403))
        yield Scene(f"wrong-model{end}", "wrong-model", other, rows, exits=(0, 1), everywhere=False)


def _grouped(cells: Sequence[Combination]) -> dict[tuple[str, str, bool], list[tuple[str, str]]]:
    """The programs of each task, protocol and way, in the gateway's order of protocols."""
    found: dict[tuple[str, str, bool], list[tuple[str, str]]] = {}
    for cell in cells:
        scene = cell.task, cell.protocol, cell.stream
        found.setdefault(scene, []).append((cell.language, cell.library))
    return found


def _cells(gateway: str) -> list[Combination]:
    """The accepted cells, the gateway's first protocol and the default language first."""
    protocols, default = list(load.load_gateway(gateway).endpoints), ProgramRequest(gateway).language
    rows = offered_combinations(gateway)
    return sorted(rows, key=lambda one: (one.task, protocols.index(one.protocol), one.stream, one.language != default))
