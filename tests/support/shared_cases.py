"""Cases of a JSON collection beside the repository, in the form of ours; none without it."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from support.cases import Case, load
from support.running import ROOT

FOLDER = ROOT.parent / "shared" / "cases"
FINISHED = "tool_calls"
SHAPES = {"chat": "openai-chat", "claude": "anthropic-messages", "gemini": "gemini-generate"}


def streams() -> list[Case]:
    """Its streams, each one of one protocol."""
    return [_stream(facts) for facts in _read("stream_cases", "cases")]


def texts() -> list[Mapping[str, Any]]:
    """Its texts: id, value, fields, expect."""
    return list(_read("adversarial_strings", "strings"))


def faults() -> list[str]:
    """The ids of the faults of its table that a chat program can meet."""
    groups = {"status", "body", "net", "stream"}
    config = {"flt-01", "flt-02", "flt-03", "flt-04"}
    found = _read("fault_table", "faults")
    return [facts["id"] for facts in found if facts["group"] in groups or facts["id"] in config]


def faults_of(groups: set[str]) -> list[str]:
    """The ids of the faults of these groups."""
    return [facts["id"] for facts in _read("fault_table", "faults") if facts["group"] in groups]


def covered() -> set[str]:
    """The ids that cases of ours stand for."""
    return {id_ for name in ("streams", "faults") for case in load(name) for id_ in case.covers}


def _read(name: str, key: str) -> Iterator[dict[str, Any]]:
    path = FOLDER / f"{name}.json"
    if path.is_file():
        yield from json.loads(path.read_text(encoding="utf-8"))[key]


def _stream(facts: Mapping[str, Any]) -> Case:
    chunks = [base64.b64decode(one) for one in facts.get("chunks_b64", [])]
    chunks += [one.encode() for one in facts.get("chunks_utf8", [])]
    said = [facts[name] for name in ("error_contains", "warn") if name in facts]
    said += [FINISHED] if "tool_calls" in facts else []
    ok = facts["outcome"] == "ok"
    hold = "hold_open_s" in facts
    return Case(
        id=facts["id"],
        group=facts["group"],
        level=facts["level"],
        modes=("stream",),
        protocols=(SHAPES[facts["shape"]],),
        send=[{"hex": one.hex()} for one in chunks],
        type=facts["content_type"],
        end="hold" if hold else "reset" if facts.get("reset") else "done",
        exit=0 if ok else 1,
        stdout=facts["text"],
        stdouts=facts.get("text_accept", ()),
        stderr=said,
        either=facts.get("accept_error", False),
        within=5 if hold else None,
    )
