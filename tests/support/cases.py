"""The cases of the YAML files: what is served, how the program is run, what must come of it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from support.notation import chunk, expand, pieces, streamed_answer, whole_answer
from support.replies import Reply
from support.wires import WIRES, Wire

FOLDER = Path(__file__).resolve().parents[1] / "cases"
FRAMINGS = ("given", "whole", "bytes", "threes")
LONG = 9000  # bytes: a longer stream is not cut into single bytes
BREATH = 0.03  # seconds between chunks, so that they arrive as chunks
FAST = 0.0002


@dataclass(frozen=True)
class Case:
    """One case; the fields are those of the YAML files, which explain them at their head."""

    id: str
    group: str
    level: str = "must"
    covers: Sequence[str] = ()
    modes: Sequence[str] = ("plain", "stream")
    protocols: Sequence[str] = ()
    always: bool = False  # every program meets it, also in a run that is not full
    # What is served
    replies: Sequence[Any] = ()
    send: Sequence[Any] | None = None
    newline: str = "\n"
    type: str = "text/event-stream; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0
    end: Any = "done"
    hold: float = 30
    gzip: bool = False
    # How the program is run
    key: str | None = "<KEY>"
    base: str = "<HERE>/api"
    env: Mapping[str, str] = field(default_factory=dict)
    home: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    read_timeout: int | None = None
    interrupt: Literal["", "asked", "text"] = ""
    lines: int | None = None
    cold: bool = False
    # What must come of it
    exit: int | Sequence[int] = 0
    stdout: str | None = ""
    stdouts: Sequence[str] = ()
    stderr: Sequence[str] = ()
    usage: bool = False
    either: bool = False
    loud: bool = True
    requests: int | Sequence[int] = 1
    path: str = "/api/chat/completions"
    authorized: bool = True
    models: Sequence[str] = ()
    gaps: Sequence[Sequence[float]] = ()
    within: float | None = None
    early: float | None = None
    least: float | None = None

    def suits(self, protocol: str) -> bool:
        """Whether this can happen on the protocol: events written out are those of one alone."""
        if self.protocols:
            return protocol in self.protocols
        return protocol == "openai-chat" or "choices" not in json.dumps([self.send, self.replies])

    def framings(self) -> Sequence[str]:
        """The ways of cutting the stream that make sense here."""
        if self.send is None or self.pause or self.gzip:
            return FRAMINGS[:1]
        size = sum(len(chunk(one, self.newline)) for one in self.send)
        return FRAMINGS if size < LONG else FRAMINGS[:2]

    def served(self, mode: str, framing: str, words: Mapping[str, str], protocol: str) -> list[Reply]:
        """The replies, in a form that fits a plain or a streaming program of this protocol."""
        wire = WIRES[protocol]
        if self.send is None:
            served = [reply(expand(one, words), mode, wire, self.headers, gzip=self.gzip) for one in self.replies]
            return served or [Reply(status=500)]
        chunks = pieces([chunk(expand(one, words), self.newline, wire) for one in self.send], framing)
        headers = [*self.headers.items(), *([("content-type", self.type)] if self.type else [])]
        pause = self.pause or (BREATH if framing == "given" else FAST)
        return [Reply(200, headers, chunks=chunks, pause=pause, end=self.end, hold=self.hold, gzip=self.gzip)]


def reply(facts: Any, mode: str, wire: Wire, common: Mapping[str, str], *, gzip: bool = False) -> Reply:
    """One reply of the YAML files: an `answer`, or a body as json, hex, text or chunks."""
    facts = dict({"answer": "Hello"} if facts == "good" else facts)
    headers = {**common, **facts.pop("headers", {})}
    if "answer" in facts:
        return _answer((facts.pop("answer"), wire), mode, headers, {"gzip": gzip, **facts})
    kind = "text/plain"
    if "json" in facts:
        kind, facts["body"] = "application/json", json.dumps(facts.pop("json"), ensure_ascii=False).encode()
    if "hex" in facts:
        facts["body"] = bytes.fromhex(facts.pop("hex"))
    if "base64" in facts:
        facts["body"] = base64.b64decode(facts.pop("base64"))
    if "text" in facts:
        facts["body"] = facts.pop("text").encode()
    if "chunks" in facts:
        kind, facts["chunks"] = "application/json", [one.encode() for one in facts["chunks"]]
    return Reply(headers=[("content-type", facts.pop("type", kind)), *headers.items()], **facts)


def _answer(said: tuple[str, Wire], mode: str, headers: Mapping[str, str], facts: Mapping[str, Any]) -> Reply:
    if mode == "plain":
        kind = ("content-type", "application/json")
        return Reply(headers=[kind, *headers.items()], body=whole_answer(*said), **facts)
    kind = ("content-type", "text/event-stream; charset=utf-8")
    return Reply(headers=[kind, *headers.items()], chunks=streamed_answer(*said), **facts)


@cache
def load(name: str) -> tuple[Case, ...]:
    """The cases of one file of ours."""
    facts = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return tuple(Case(**{**facts["defaults"], **one}) for one in facts["cases"])
