"""The distinct shapes of programs, and the generator's code for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from chat_completions import catalog
from chat_completions.shapes import Request, Snippet
from chat_completions.snippet import make

from support.running import COMMANDS

GATEWAY = "aitoll"
PROTOCOL = "openai-chat"
PROMPT = "Say hello"


@dataclass(frozen=True)
class Shape:
    """One kind of program; all of a kind differ only in data."""

    language: str
    library: str
    stream: bool

    @property
    def mode(self) -> str:
        """How it asks for the answer."""
        return "stream" if self.stream else "plain"

    @property
    def client(self) -> str:
        """Language and library, as the table of deviations names them."""
        return f"{self.language}-{self.library}"

    def __str__(self) -> str:
        return f"{self.client}-{self.mode}"


@cache
def shapes(mode: str | None = None) -> Sequence[Shape]:
    """Every shape that the catalog offers on the protocol, or those of one mode."""
    found = []
    for name in sorted({*catalog.names("language")} & {*COMMANDS}):
        for library in catalog.language(name).libraries.values():
            if PROTOCOL in library.protocols:
                found += [Shape(name, library.id, stream) for stream in (False, True)]
    return [one for one in found if mode in (None, one.mode)]


@cache
def program(shape: Shape) -> Snippet:
    """The program of this shape that says hello."""
    return make(request(shape, prompt=PROMPT))


def request(shape: Shape, **more: object) -> Request:
    """A request for a program of this shape."""
    return Request(
        gateway=GATEWAY,
        language=shape.language,
        library=shape.library,
        stream=shape.stream,
        **more,  # type: ignore[arg-type]
    )
