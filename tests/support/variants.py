"""The kinds of printed programs that the tables of cases are tried on, and the program of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from chat_completions.generate import make
from chat_completions.planning.types import ProgramRequest

from support.case_runner import Program
from support.case_table import FOLDER

# A gateway that has every protocol at one address; its key is AITOLL_API_KEY.
GATEWAY = str(Path(__file__).resolve().parents[1] / "cases" / "gateway.yaml")
ENV = "AITOLL"


@dataclass(frozen=True)
class Variant:
    """One kind of program: language and library, protocol, task, whole or streamed."""

    client: str
    protocol: str
    task: str
    mode: str

    def __str__(self) -> str:
        return "-".join((self.client, self.protocol, self.task, self.mode))


def variants(*tasks: str) -> list[Variant]:
    """The variants of these tasks, as variants.yaml lists them."""
    return [one for one in _every() if one.task in tasks]


@cache
def program(variant: Variant) -> Program:
    """The program that `write` prints for this variant."""
    language, _, library = variant.client.partition("-")
    made = make(
        ProgramRequest(
            gateway=GATEWAY,
            task=variant.task,
            language=language,
            library=library,
            protocol=variant.protocol,
            stream=variant.mode == "stream",
        )
    )
    return Program(made.code, variant.client, ENV, variant.protocol, variant.task, variant.mode == "stream")


@cache
def _every() -> Sequence[Variant]:
    table: Mapping[str, Any] = yaml.safe_load((FOLDER.parent / "variants.yaml").read_text(encoding="utf-8"))
    return list(_read(table["variants"]))


def _read(rows: Sequence[Mapping[str, Any]]) -> Iterator[Variant]:
    for row in rows:
        for task, modes in row["tasks"].items():
            for mode in modes:
                yield Variant(row["client"], row["protocol"], task, mode)
