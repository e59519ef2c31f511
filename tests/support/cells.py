"""Every program we promise, the cassette that it runs against, and what it must make of it."""

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from chat_completions import catalog
from chat_completions.shapes import Call, Request

from support.running import COMMANDS

TESTS = Path(__file__).resolve().parents[1]
CASSETTES = TESTS / "cassettes"
GOLDENS = TESTS / "goldens"
MAGIC = {b"\x89PNG": "png", b"\xff\xd8": "jpg", b"GIF8": "gif", b"RIFF": "webp"}


class Cell(NamedTuple):
    """One scene of one gateway, in one language and library."""

    gateway: str
    scene: str
    language: str
    library: str

    @property
    def name(self) -> str:
        return "/".join(self)

    @property
    def cassette(self) -> Path:
        return CASSETTES / self.gateway / f"{self.scene}.yaml"

    @property
    def recorder(self) -> bool:
        """Whether this very program was run when the scene was recorded."""
        return bool(loaded(self.cassette)["provenance"].get("by") == f"{self.language}/{self.library}")

    @property
    def golden(self) -> Path:
        extension = catalog.language(self.language).extension
        return GOLDENS / self.gateway / self.scene / f"{self.language}-{self.library}.{extension}"

    @property
    def request(self) -> Request:
        options = loaded(self.cassette)["write"]
        return Request(gateway=self.gateway, language=self.language, library=self.library, **options)


class Made(NamedTuple):
    """What a program must make of what it is served: its stdout and its files."""

    stdout: str
    files: Mapping[str, bytes]


@cache
def loaded(file: Path) -> dict[str, Any]:
    """A cassette as data."""
    data: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return data


@cache
def written() -> Mapping[Path, Mapping[str, Any]]:
    """The cassettes that a program of ours plays, with what asks for it; some are other software's."""
    files = sorted(CASSETTES.glob("*/*.yaml"))
    return {file: loaded(file)["write"] for file in files if "write" in loaded(file)}


@cache
def cells() -> Sequence[Cell]:
    """The product of all cassettes and all libraries that speak their protocol."""
    found = []
    for file in sorted(CASSETTES.glob("*/*.yaml")):
        if "write" not in loaded(file):  # a request that no program sends
            continue
        programs = loaded(file).get("programs")
        for language in catalog.names("language"):
            for library in catalog.language(language).libraries:
                if programs is None or f"{language}/{library}" in programs:
                    found.append(Cell(file.parent.name, file.stem, language, library))
    return found


def key_of(cassette: dict[str, Any], usual: str) -> str:
    """The key that a program needs for this scene: any, or the one that its request names by its kind."""
    headers = cassette["interactions"][0]["request"]["headers"].values()
    words = [value.rpartition(" ")[2].strip("<>") for values in headers for value in values]
    return next((word for word in words if word.endswith("-key")), usual)


def printed(cassette: dict[str, Any]) -> str:
    """What the program of a scene prints: noted when it was recorded, else read from the reply."""
    noted = cassette["expect"].get("stdout")
    return answer(cassette) + "\n" if noted is None else str(noted)


def answer(cassette: dict[str, Any]) -> str:
    """The text in a cassette's last reply, read here independently of any template."""
    body = cassette["interactions"][-1]["response"]["body"]["string"]
    if not body.startswith("data:"):
        return str(json.loads(body)["choices"][0]["message"]["content"])
    events = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for event in events for choice in json.loads(event)["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)
