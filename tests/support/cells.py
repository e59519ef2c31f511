"""Every program we promise, and the cassette that it runs against."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from chat_completions import catalog
from chat_completions.shapes import Request

TESTS = Path(__file__).resolve().parents[1]
CASSETTES = TESTS / "cassettes"
GOLDENS = TESTS / "goldens"


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
    def golden(self) -> Path:
        extension = catalog.language(self.language).extension
        return GOLDENS / self.gateway / self.scene / f"{self.language}-{self.library}.{extension}"

    @property
    def request(self) -> Request:
        options = loaded(self.cassette)["write"]
        return Request(gateway=self.gateway, language=self.language, library=self.library, **options)


@cache
def loaded(file: Path) -> dict[str, Any]:
    """A cassette as data."""
    data: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return data


@cache
def cells() -> Sequence[Cell]:
    """The product of all cassettes and all libraries."""
    found = []
    for file in sorted(CASSETTES.glob("*/*.yaml")):
        for language in catalog.names("language"):
            for library in catalog.language(language).libraries:
                found.append(Cell(file.parent.name, file.stem, language, library))
    return found


def answer(cassette: dict[str, Any]) -> str:
    """The text in a cassette's last reply, read here independently of any template."""
    body = cassette["interactions"][-1]["response"]["body"]["string"]
    if not body.startswith("data:"):
        return str(json.loads(body)["choices"][0]["message"]["content"])
    events = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for event in events for choice in json.loads(event)["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)
