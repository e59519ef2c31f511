"""The texts that must arrive exactly, and what it takes to see them arrive."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_completions.errors import BadInput
from chat_completions.generate import make

from support import shared_cases
from support.cases import FOLDER
from support.notation import expand, streamed_answer, whole_answer
from support.programs import Shape, request
from support.replies import Reply
from support.running import Ran, run
from support.serving import Server
from support.trials import AT_ONCE, KEY
from support.watching import Scene

PWNED = Path("/tmp/pwned")  # noqa: S108 - where the shared texts try to leave a mark
WRONG_USE = 2


@cache
def ours(name: str) -> Sequence[str]:
    """The texts of one part of texts.yaml, or of all kinds of `texts`."""
    part = yaml.safe_load((FOLDER / "texts.yaml").read_text(encoding="utf-8"))[name]
    listed = [text for kind in part.values() for text in kind] if isinstance(part, dict) else part
    return [expand(text, {}) for text in listed]


@cache
def shared(field: str, expect: str) -> Sequence[str]:
    """The texts of the shared collection that go into this field."""
    return [one["value"] for one in shared_cases.texts() if field in one["fields"] and expect in one["expect"]]


def spoken(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Who says what in a request of any protocol, the system first, a turn's parts joined."""
    beside = body.get("systemInstruction") or body.get("system") or []
    turns: list[dict[str, Any]] = [
        {"role": "system", "content": [one]} for one in ([beside] if isinstance(beside, str) else _parts(beside))
    ]
    turns += body.get("messages") or body["contents"]
    said = [(one["role"].replace("model", "assistant"), _joined(one)) for one in turns]
    return sorted(said, key=lambda one: one[0] != "system")


def _parts(held: Any) -> Sequence[Any]:
    found: Sequence[Any] = held["parts"] if isinstance(held, dict) else held
    return found


def _joined(turn: Mapping[str, Any]) -> str:
    content = turn.get("content", turn.get("parts"))
    return (
        content
        if isinstance(content, str)
        else "".join(one if isinstance(one, str) else one["text"] for one in content or ())
    )


def sent(shape: Shape, **facts: Any) -> Mapping[str, Any]:
    """The body that arrives when the program of this request runs."""
    body, ran = _deliver(shape, facts, warm=True)
    if body is None:
        pytest.fail(f"{shape}: nothing arrived; exit {ran.code}, {ran.stderr[-300:]!r}", pytrace=False)
    return body


def sent_or_refused(shape: Shape, **facts: Any) -> Mapping[str, Any] | None:
    """The same, or None where the generator or the program refuses the text in one line."""
    try:
        body, ran = _deliver(shape, facts, warm=True)
    except BadInput:
        return None
    refused = ran.code == WRONG_USE and ran.stderr.startswith("Error: ") and ran.stderr.count("\n") == 1
    if body is None and not refused:
        pytest.fail(f"{shape}: exit {ran.code}, {ran.stderr[-300:]!r}", pytrace=False)
    return body


def each(jobs: Sequence[Any], check: Any) -> list[str]:
    """What `check` says of every job, several at a time, without the empty ones."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [said for said in pool.map(check, jobs) if said]


def hello(shape: Shape) -> Reply:
    """A short answer, in the form that a program of this shape asks for."""
    if shape.stream:
        return Reply(headers=[("content-type", "text/event-stream")], chunks=streamed_answer("Hello", shape.wire))
    return Reply(headers=[("content-type", "application/json")], body=whole_answer("Hello", shape.wire))


def _deliver(shape: Shape, facts: Mapping[str, Any], *, warm: bool) -> tuple[Mapping[str, Any] | None, Ran]:
    code = make(request(shape, **facts)).code
    kind = "text/event-stream" if shape.stream else "application/json"
    said: dict[str, Any] = (
        {"chunks": streamed_answer("Hello", shape.wire)}
        if shape.stream
        else {"body": whole_answer("Hello", shape.wire)}
    )
    with Server([Reply(headers=[("content-type", kind)], **said)]) as server:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": server.url}
        ran = run(code, shape.language, env, scene=Scene(warm=warm))
    if ran.files or PWNED.exists():
        pytest.fail(f"{shape}: a text was run as a command: {sorted(ran.files)}", pytrace=False)
    return (json.loads(server.requests[0].body) if server.requests else None), ran
