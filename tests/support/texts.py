"""The texts that must arrive exactly, and what it takes to see them arrive."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_completions.errors import BadInput

from support.case_runner import KEY
from support.protocols import answer_reply
from support.replies import Reply
from support.running import Ran, run
from support.serving import Server
from support.variants import Variant, printed
from support.watching import Scene

TABLE = Path(__file__).resolve().parents[1] / "cases" / "texts.yaml"
REPEATED = re.compile(r"<(.)\*(\d+)>", re.DOTALL)
AT_ONCE = 6


@cache
def texts(name: str) -> Sequence[str]:
    """The texts of one part of texts.yaml, or of all kinds of `texts`."""
    part = yaml.safe_load(TABLE.read_text(encoding="utf-8"))[name]
    listed = [text for kind in part.values() for text in kind] if isinstance(part, dict) else part
    return [REPEATED.sub(lambda found: found[1] * int(found[2]), text) for text in listed]


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


def sent(variant: Variant, **facts: Any) -> Mapping[str, Any]:
    """The body that arrives when the program of this request runs."""
    body, ran = _deliver(variant, facts)
    if body is None:
        pytest.fail(f"{variant}: nothing arrived; exit {ran.code}, {ran.stderr[-300:]!r}", pytrace=False)
    return body


def sent_or_refused(variant: Variant, **facts: Any) -> Mapping[str, Any] | None:
    """The same, or None where the generator or the program refuses the text in one line."""
    try:
        body, ran = _deliver(variant, facts)
    except BadInput:
        return None
    refused = ran.code == 1 and ran.stderr.strip().startswith("Error: ") and ran.stderr.strip().count("\n") == 0
    if body is None and not refused:
        pytest.fail(f"{variant}: exit {ran.code}, {ran.stderr[-300:]!r}", pytrace=False)
    return body


def each(jobs: Sequence[Any], check: Callable[[Any], str]) -> list[str]:
    """What `check` says of every job, several at a time, without the empty ones."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [said for said in pool.map(check, jobs) if said]


def hello(variant: Variant) -> Reply:
    """A short answer, in the form that a program of this variant asks for."""
    return answer_reply({"text": "Hello"}, variant.protocol, stream=variant.stream)


def _deliver(variant: Variant, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, Ran]:
    with Server([hello(variant)]) as server:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": server.url}
        ran = run(printed(variant, **facts).code, variant.language, env, scene=Scene(warm=True))
    if ran.files:
        pytest.fail(f"{variant}: a text was run as a command: {sorted(ran.files)}", pytrace=False)
    return (json.loads(server.requests[0].body) if server.requests else None), ran
