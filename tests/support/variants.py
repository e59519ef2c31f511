"""The variants of printed programs on which the cases are run, and the program of each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from chat_completions.generate import generate_program
from chat_completions.planning.types import ProgramRequest

from support.case_table import FOLDER, Case

# A gateway that has every protocol at one address; its key is AITOLL_API_KEY.
GATEWAY = str(Path(__file__).resolve().parents[1] / "cases" / "gateway.yaml")
ENV = "AITOLL"
TEXTS = Path(__file__).resolve().parents[1] / "cases" / "texts.yaml"
REPEATED = re.compile(r"<(.)\*(\d+)>", re.DOTALL)


@dataclass(frozen=True)
class Program:
    """A printed program with what its tests must know: how to start it, and the protocol of its server."""

    code: str
    client: str  # such as python-requests
    env: str  # such as AITOLL: the variables are AITOLL_API_KEY and AITOLL_BASE_URL
    protocol: str = "openai-chat"
    task: str = "chat"
    stream: bool = False

    @property
    def language(self) -> str:
        """The language alone."""
        return self.client.partition("-")[0]

    @property
    def mode(self) -> str:
        """`stream` or `whole`."""
        return "stream" if self.stream else "whole"

    def bound(self, cases: Sequence[Case]) -> list[Case]:
        """The cases that bind it."""
        return [case for case in cases if case.bound(self.client, self.protocol, self.mode, self.task)]


@dataclass(frozen=True)
class Variant:
    """One kind of program: language and library, protocol, task, whole or streamed, asynchronous or not."""

    client: str
    protocol: str = "openai-chat"
    task: str = "chat"
    mode: str = "whole"
    asynchronous: bool = False

    @property
    def language(self) -> str:
        """The language alone."""
        return self.client.partition("-")[0]

    @property
    def library(self) -> str:
        """The library alone."""
        return self.client.partition("-")[2]

    @property
    def stream(self) -> bool:
        """Whether its programs stream the answer."""
        return self.mode == "stream"

    def __str__(self) -> str:
        return f"{self.client}-{self.protocol}-{self.task}-{'async-' if self.asynchronous else ''}{self.mode}"


@cache
def texts(name: str) -> Sequence[str]:
    """The texts of one part of texts.yaml, or of all kinds of `texts`."""
    part = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))[name]
    listed = [text for kind in part.values() for text in kind] if isinstance(part, dict) else part
    return [REPEATED.sub(lambda match: match[1] * int(match[2]), text) for text in listed]


def variants(*tasks: str) -> list[Variant]:
    """The variants of these tasks that are run, as variants.yaml lists them.

    Programs of TypeScript are those of JavaScript with types, which test_typescript.py compares.
    """
    return [variant for variant in _every() if variant.task in tasks and variant.language != "typescript"]


def typescript_variants(*tasks: str) -> list[Variant]:
    """The variants of TypeScript."""
    return [variant for variant in _every() if variant.task in tasks and variant.language == "typescript"]


def request(variant: Variant, **facts: Any) -> ProgramRequest:
    """What to ask the generator for a program of this variant, with these facts instead of the example's."""
    options = {"gateway": GATEWAY, "task": variant.task, "protocol": variant.protocol, **facts}
    options |= {"stream": variant.stream, "asynchronous": variant.asynchronous}
    return ProgramRequest(language=variant.language, library=variant.library, **options)


def write_variant(variant: Variant, **facts: Any) -> Program:
    """The program that `write` prints for this variant."""
    code = generate_program(request(variant, **facts)).code
    return Program(code, variant.client, ENV, variant.protocol, variant.task, variant.stream)


program = cache(write_variant)


@cache
def _every() -> Sequence[Variant]:
    table: Mapping[str, Any] = yaml.safe_load((FOLDER.parent / "variants.yaml").read_text(encoding="utf-8"))
    return list(_read(table["variants"]))


def _read(rows: Sequence[Mapping[str, Any]]) -> Iterator[Variant]:
    for row in rows:
        for task, modes in row["tasks"].items():
            for mode in modes:
                way = mode.removeprefix("async-")
                yield Variant(row["client"], row["protocol"], task, way, way != mode)
