"""What there is to record of a gateway: one scene for each task, protocol and way of answering.

A scene is recorded by one program and played by all; which programs can do so comes from the
same facts as `list cells`. Two more belong to each protocol: a wrong key and a wrong model.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from chat_completions import catalog
from chat_completions.errors import NotOffered, UnknownName
from chat_completions.live.cassette import PLACEHOLDERS
from chat_completions.shapes import Facts, Request
from chat_completions.snippet import decide, pieces

NO_MODEL = "no-such-model"


class Scene(NamedTuple):
    """What is asked, by which programs it can be recorded, and how it must end.

    `exits` are the exit codes that count as having worked, `status` the last reply's when it
    matters; `raw` is a request that no program of ours would send.
    """

    name: str
    options: Facts
    programs: Sequence[tuple[str, str]]
    key: str = PLACEHOLDERS[0]
    exits: Sequence[int] = (0,)
    status: int = 0
    note: str = ""
    mock: bool = False
    raw: Facts | None = None

    def words(self, program: tuple[str, str]) -> set[str]:
        """What `--cells` may call this scene by, recorded by this program."""
        way = "stream" if self.options.get("stream") else "whole"
        return {self.name, self.options["task"], self.options["protocol"], way, *program}


def scenes(gateway: str, cells: str | None = None) -> list[Scene]:
    """The scenes of a gateway, or those whose cells are named; UnknownName for a word none has."""
    found = [*_of_tasks(gateway), *_of_failures(gateway)]
    if cells is None:
        return found
    wanted = [set(one.replace("/", " ").split()) for one in cells.split(",")]
    known = {word for scene in found for program in scene.programs for word in scene.words(program)}
    for word in sorted({word for words in wanted for word in words} - known):
        raise UnknownName("cell", word, sorted(known))
    narrowed = [scene._replace(programs=_wanted(scene, wanted)) for scene in found]
    return [scene for scene in narrowed if scene.programs]


def _wanted(scene: Scene, wanted: Sequence[set[str]]) -> list[tuple[str, str]]:
    return [one for one in scene.programs if any(words and words <= scene.words(one) for words in wanted)]


def _of_tasks(gateway: str) -> Iterator[Scene]:
    protocols = list(catalog.gateway(gateway).endpoints)
    for task in catalog.names("task"):
        spoken = [one for one in protocols if _programs(gateway, {"task": task, "protocol": one})]
        for protocol in spoken:
            for stream in (False, True):
                options = {"task": task, "protocol": protocol, **({"stream": True} if stream else {})}
                if programs := _programs(gateway, options):
                    name = task + f"-{protocol}" * (protocol != spoken[0]) + "-stream" * stream
                    yield Scene(name, options, programs)


def _of_failures(gateway: str) -> Iterator[Scene]:
    for number, protocol in enumerate(catalog.gateway(gateway).endpoints):
        options = {"task": "chat", "protocol": protocol}
        if programs := _programs(gateway, options):
            end = f"-{protocol}" * bool(number)
            yield Scene(f"wrong-key{end}", options, programs, key="<wrong-key>", exits=(1,))
            yield Scene(f"wrong-model{end}", {**options, "model": NO_MODEL}, programs, exits=(0, 1))


def _programs(gateway: str, options: dict[str, Any]) -> list[tuple[str, str]]:
    """The languages and libraries that a program is written in for this, the default first."""
    default = Request(gateway).language
    languages = sorted(catalog.names("language"), key=lambda one: one != default)
    pairs = [(one, library) for one in languages for library in catalog.language(one).libraries]
    return [pair for pair in pairs if _offered(Request(gateway, language=pair[0], library=pair[1], **options))]


def _offered(request: Request) -> bool:
    try:
        pieces(request)
        decide(request)
    except NotOffered:
        return False
    return True
