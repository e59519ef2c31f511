"""Load the tables of cases, and turn the replies of a case into bytes.

A table is a YAML file in tests/programs/cases: `about`, `defaults` and `cases`. A case `binds` the
clients that it lists; `exceptions` are those of them that it does not bind, each with the reason: a
client, or a client and a protocol or mode. It binds programs of all `protocols` and `modes`. A usual
test run tries it on the `usual_…` ones of them, and on asynchronous programs, which differ from others
as test_async.py says, where it is marked `everywhere`. `--full` tries all.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from chat_completions.catalog.yaml_files import parse

from support.protocols import PROTOCOLS, ChatCompletions, event_text
from support.replies import ENCODED, Reply

FOLDER = Path(__file__).resolve().parents[1] / "programs" / "cases"
PLACEHOLDER = re.compile(r"<(KEY|HERE|PORT|OTHER|CLOSED|" + "|".join(ENCODED) + ")>|<(.)\\*(\\d+)>", re.DOTALL)
BETWEEN_CHUNKS = 0.03  # seconds, so that chunks arrive as chunks
TEXT_PROTOCOLS = ("openai-chat", "anthropic-messages", "gemini-generate")
OF_ONE_PROTOCOL = ("-anthropic", "-google-genai")  # clients whose only protocol is always a usual one


@dataclass(frozen=True)
class Expected:
    """What a case expects; `error` and `warning` are parts of these lines on stderr.

    `sends` are texts that the first request must hold, `turns` those of the turns of each request,
    `lines` fields of the lines of JSON on stdout; an error needs only contain the text; stderr holds nothing
    of what it `lacks`.
    `results` are the tool results of each round (id of the call, text), `calls` the names and
    arguments of the calls that the second request must repeat, `blocks` the whole content of that turn of Messages, `downloads` the paths of the pictures that were fetched.
    """

    exit: int | Sequence[int] | None = None
    text: str | None = ""
    texts: Sequence[str] = ()
    prints: Sequence[str] = ()
    json: Any = None
    error: Sequence[str] = ()
    warning: Sequence[str] = ()
    last_line: Sequence[str] = ()
    lacks: Sequence[str] = ()
    requests: int | Sequence[int] | None = None
    turns: Sequence[Sequence[str]] = ()
    lines: Sequence[Mapping[str, Any]] = ()
    gaps: Sequence[float] = ()
    within: float | None = None
    first_text_before: float | None = None
    saved: Sequence[str] = ()
    downloads: Sequence[str] = ()
    results: Sequence[Mapping[str, str]] = ()
    calls: Sequence[Sequence[Any]] = ()
    blocks: Sequence[Mapping[str, Any]] = ()
    sends: Sequence[str] = ()
    bodies: Sequence[Mapping[str, Any]] = ()

    @property
    def codes(self) -> Sequence[int]:
        """The exit codes that are right: 1 for an error, unless `exit` says otherwise."""
        if self.exit is None:
            return [1 if self.error else 0]
        return [self.exit] if isinstance(self.exit, int) else self.exit


@dataclass(frozen=True)
class Case:
    """One case: what the server does, how the program is started, what is expected."""

    id: str
    group: str
    binds: Sequence[str]
    replies: Sequence[Any] = ()
    title: str = ""
    task: str = "chat"
    modes: Sequence[str] = ("whole", "stream")
    protocols: Sequence[str] = TEXT_PROTOCOLS
    usual_modes: Sequence[str] = ("whole", "stream")
    usual_protocols: Sequence[str] = TEXT_PROTOCOLS
    usual_clients: Sequence[str] = ()  # none: all
    everywhere: bool = False  # on all clients, asynchronous or not
    exceptions: Mapping[str, str] = field(default_factory=dict)
    key: str | None = "<KEY>"
    base: str = "<HERE>/api"
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    args: Sequence[str] = ()
    interrupt: bool = False
    cold: bool = False
    framings: Sequence[str] = ("as_is",)
    usual_framings: Sequence[str] = ("as_is",)
    write: Mapping[str, Any] = field(default_factory=dict)
    expect: Expected = field(default_factory=Expected)

    def bound(self, client: str, protocol: str, mode: str, task: str) -> bool:
        """Whether this case binds such a program: of TypeScript, where it binds those of JavaScript."""
        client = client.replace("typescript-", "javascript-")
        excepted = not self.exceptions.keys().isdisjoint((client, f"{client} {protocol}", f"{client} {mode}"))
        named = client in self.binds and not excepted
        return named and protocol in self.protocols and mode in self.modes and task == self.task

    def usual(self, client: str, protocol: str, mode: str, *, asynchronous: bool) -> bool:
        """Whether a usual test run tries it on such a program; the others are for `--full`."""
        usual_clients = set(self.usual_clients).intersection(self.binds) or self.binds
        if not self.everywhere and (asynchronous or client not in usual_clients):
            return False
        usual_protocol = protocol in self.usual_protocols or protocol not in TEXT_PROTOCOLS
        return mode in self.usual_modes and (usual_protocol or client.endswith(OF_ONE_PROTOCOL))


@cache
def load(name: str) -> tuple[Case, ...]:
    """The cases of one table."""
    table = parse((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    cases = []
    for facts in table["cases"]:
        merged = {**table["defaults"], **facts}
        expected = {**table["defaults"].get("expect", {}), **facts.get("expect", {})}
        cases.append(Case(**{**merged, "expect": Expected(**expected)}))
    return tuple(cases)


def expand(value: Any, values: Mapping[str, str]) -> Any:
    """Replace `<KEY>`, `<HERE>`, `<PNG>` and `<x*9>` in every string."""

    def replacement(match: re.Match[str]) -> str:
        name, character, times = match.groups()
        return character * int(times) if character else {**ENCODED, **values}[name]

    if isinstance(value, str):
        return PLACEHOLDER.sub(replacement, value)
    if isinstance(value, Mapping):
        return {expand(key, values): expand(item, values) for key, item in value.items()}
    return [expand(item, values) for item in value] if isinstance(value, list) else value


def replies(
    case: Case, protocol: str, stream: bool, framing: str, values: Mapping[str, str], *, opened: bool = False
) -> list[Reply]:
    """The replies of a case in the form that fits such a program.

    `opened`: streams of text begin with the first event of the protocol, without which a library cannot read them.
    """
    form = PROTOCOLS.get(protocol, PROTOCOLS["openai-chat"])
    listed = [
        _reply(expand(_with_opening(facts) if opened else facts, values), form, stream, framing)
        for facts in case.replies
    ]
    return listed or [Reply(status=500)]


def _with_opening(facts: Any) -> Any:
    events = facts.get("events", []) if isinstance(facts, Mapping) else []
    has_text, has_opening = "text" in json.dumps(events), "opening" in events or "message_start" in json.dumps(events)
    return {**facts, "events": ["opening", *events]} if has_text and not has_opening else facts


def _reply(facts: Any, protocol: ChatCompletions, stream: bool, framing: str) -> Reply:
    facts = {"answer": {"text": facts}} if isinstance(facts, str) else dict(facts)
    facts.pop("when", None)
    headers = list(facts.pop("headers", {}).items())
    kind = facts.pop("type", None)
    if "answer" in facts and not stream:
        facts["json"] = protocol.whole(_answer(facts.pop("answer")))
    if "answer" in facts:
        facts["events"] = [[event_text(event)] for event in protocol.stream(_answer(facts.pop("answer")))]
    if "events" in facts:
        newline = facts.pop("newline", "\n")
        chunks = [_chunk(event, protocol, newline) for event in facts.pop("events")]
        facts["chunks"] = _cut(chunks, framing)
        facts.setdefault("pause", BETWEEN_CHUNKS if framing == "as_is" else 0)
        kind = "text/event-stream" if kind is None else kind
    for name, default, encode in BODIES:
        if name in facts:
            facts["body"], kind = encode(facts.pop(name)), kind or default
    headers = [*([("content-type", kind)] if kind else []), *headers]
    return Reply(headers=headers, **facts)


BODIES = (
    ("json", "application/json", lambda value: json.dumps(value, ensure_ascii=False).encode()),
    ("text", "text/plain", str.encode),
    ("hex", "text/plain", bytes.fromhex),
    ("base64", "image/png", base64.b64decode),
)


def _answer(answer: Any) -> Mapping[str, Any]:
    return {"text": answer} if isinstance(answer, str) else answer


def _chunk(item: Any, protocol: ChatCompletions, newline: str) -> bytes:
    """One network chunk: an event, bytes as they are, or a list of these."""
    if isinstance(item, list):
        return b"".join(_chunk(part, protocol, newline) for part in item)
    if isinstance(item, str) and item in ("done", "usage", "opening"):
        events = {"done": protocol.done(), "usage": protocol.usage_events(), "opening": protocol.opening()}[item]
    elif isinstance(item, str):
        return item.encode()
    elif "hex" in item:
        return bytes.fromhex(item["hex"])
    elif "text" in item:
        events = protocol.text(item["text"])
    elif "error" in item:
        events = protocol.failure(item["error"])
    elif "finish" in item:
        events = protocol.finish(item["finish"])
    else:
        events = [(item.get("name", ""), item["data"])]
    return "".join(event_text(event, newline) for event in events).encode()


def _cut(chunks: Sequence[bytes], framing: str) -> list[bytes]:
    """The same bytes as `as_is`, or one by one (`bytes`)."""
    if framing == "as_is":
        return list(chunks)
    every = b"".join(chunks)
    return [every[start : start + 1] for start in range(len(every))]
