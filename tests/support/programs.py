"""The distinct shapes of programs, and the generator's code for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chat_completions.catalog import load
from chat_completions.generate import make
from chat_completions.planning.types import Program, ProgramRequest

from support.running import COMMANDS
from support.wires import WIRES, Wire

CHAT = "openai-chat"
# One of our gateways for chat completions; for all else a file that has everything.
GATEWAY = "aitoll"
EVERYTHING = str(Path(__file__).resolve().parents[1] / "cases" / "gateway.yaml")
PROMPT = "Say hello"


@dataclass(frozen=True)
class Shape:
    """One kind of program; all of a kind differ only in data."""

    language: str
    library: str
    stream: bool
    protocol: str = CHAT
    task: str = "chat"

    @property
    def mode(self) -> str:
        """How it asks for the answer."""
        return "stream" if self.stream else "plain"

    @property
    def client(self) -> str:
        """Language and library, as the table of deviations names them."""
        return f"{self.language}-{self.library}"

    @property
    def wire(self) -> Wire:
        """How its protocol says things."""
        return WIRES[self.protocol]

    @property
    def usual(self) -> bool:
        """Whether it is a chat on chat completions, which meets every case there is."""
        return (self.protocol, self.task) == (CHAT, "chat")

    def __str__(self) -> str:
        named = [self.client, *([] if self.protocol == CHAT else [self.protocol])]
        return "-".join([*named, *([] if self.task == "chat" else [self.task]), self.mode])


@cache
def shapes(mode: str | None = None, protocol: str | None = None, task: str = "chat") -> Sequence[Shape]:
    """Every shape that the catalog offers for a task, or those of one mode or protocol."""
    found = []
    for name in sorted({*load.names("language")} & {*COMMANDS}):
        for library in load.load_language(name).libraries.values():
            found += [
                Shape(name, library.id, stream, spoken, task)
                for spoken in load.load_task(task).body
                if spoken in library.protocols and spoken in WIRES
                for stream in (False, True)
                if load.load_task(task).streams or not stream
            ]
    return [one for one in found if mode in (None, one.mode) and protocol in (None, one.protocol)]


@cache
def program(shape: Shape) -> Program:
    """The program of this shape that says hello."""
    return make(request(shape, prompt=PROMPT))


def request(shape: Shape, **more: object) -> ProgramRequest:
    """A request for a program of this shape."""
    facts: dict[str, object] = {"task": shape.task, **more}
    return ProgramRequest(
        gateway=GATEWAY if shape.usual else EVERYTHING,
        protocol=shape.protocol,
        language=shape.language,
        library=shape.library,
        stream=shape.stream,
        **facts,  # type: ignore[arg-type]
    )
