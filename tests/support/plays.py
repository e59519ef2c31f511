"""Cases of the kinds of tasks: several requests, files that are read or saved, exact outcomes."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import yaml
from chat_completions.generate import make
from chat_completions.planning.types import RequestPlan, Variable
from chat_completions.replay.cassette import compared

from support.cases import FAST, FOLDER, reply
from support.checks import CONTROL, LONGEST_LINE, PIECE, TRACES, key_pieces, model, wrong_credentials
from support.notation import lines, pieces
from support.pictures import ENCODED, PICTURES, TYPES
from support.programs import Shape, request
from support.replies import Reply
from support.running import Ran, run
from support.serving import Received, Server
from support.trials import KEY
from support.watching import Scene

TEXT = ("openai-chat", "anthropic-messages", "gemini-generate")
PICTURE = re.compile("<(" + "|".join(ENCODED) + ")>")
# A program is not waited for: what it waits for is made short in its text (POLL, TIME_LIMIT).
SHORTER = {
    "python": (r"(?m)^(POLL[\w, ]* = )(.*?)\b3\b(.*?\n?.*?)\b600\b", r"\g<1>\g<2>0.2\g<3>6"),
    "javascript": (r"(POLL, REMIND, TIME_LIMIT\] = \[)3, 30, 600", r"\g<1>0.2, 30, 6"),
    "shell": (r"(?m)^(POLL=)3( .*?|\n)(TIME_LIMIT=)600\b", r"\g<1>0.2\g<2>\g<3>6"),
}


@dataclass(frozen=True)
class Play:
    """One case; the fields are those of the YAML files.

    `replies` hold what is said and called, with the `results` that the next request must carry, or
    are those of faults.yaml; `events` say the same as a stream that is written out. `write` is what
    the program was asked for, `files` what stands in its folder, by the names of support/pictures.py
    or as text. `edit` changes the program's text, language by language. `stderr` are patterns for
    whole lines, one each and in this order; a line with the token counts of so many `rounds`
    follows. `saved` is what it must leave behind, `bodies` what single requests must hold (null:
    not at all), by protocol or for all.
    """

    id: str
    task: str
    protocols: Sequence[str] = TEXT
    modes: Sequence[str] = ("plain", "stream")
    covers: Sequence[str] = ()
    write: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    folders: Sequence[str] = ()
    pipes: Sequence[str] = ()
    args: Sequence[str] = ()
    edit: Mapping[str, Sequence[str]] = field(default_factory=dict)
    short: bool = False
    gone: bool = False
    replies: Sequence[Any] = ()
    elsewhere: Sequence[Any] = ()
    exit: int = 0
    stdout: Any = ""
    stderr: Any = ()
    rounds: int = 0
    saved: Mapping[str, str] = field(default_factory=dict)
    requests: int | None = None  # as many as there are replies; -1: any number
    models: Sequence[str] = ()
    paths: Sequence[str] = ()
    bodies: Any = ()
    form: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def suits(self, shape: Shape) -> bool:
        """Whether it can happen to programs of this shape."""
        return self.task == shape.task and shape.mode in self.modes and shape.protocol in self.protocols


@cache
def load(name: str) -> tuple[Play, ...]:
    """The cases of one file."""
    facts = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return tuple(Play(**{**facts["defaults"], **one}) for one in facts["cases"])


def attempt(play: Play, shape: Shape, framing: str) -> list[str]:
    """What is wrong with this case on a program of this shape."""
    program = make(request(shape, **play.write))
    code, missing = _edited(program.code, play, shape)
    if missing:
        return [f"nothing in the program matches {missing}"]
    with tempfile.TemporaryDirectory() as folder, Server([]) as server, Server([]) as other:
        work = Path(folder, "work")
        _prepare(work, play)
        words = {"HERE": server.url, "OTHER": other.url, "KEY": KEY}
        server.replies = [_served(one, shape, framing, words) for one in play.replies] or [Reply(status=500)]
        other.replies = [_served(one, shape, framing, words) for one in play.elsewhere] or [Reply(status=500)]
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": f"{server.url}/api"}
        if play.gone:
            Thread(target=_remove, args=(server, work), daemon=True).start()
        ran = run(code, shape.language, env, cwd=work, scene=Scene(args=play.args, warm=True, timeout=40))
        outcome = Outcome(play, shape, ran, server.requests, other.requests, program.plan, words)
    return list(outcome.faults())


@dataclass(frozen=True)
class Outcome:
    """What became of one run."""

    play: Play
    shape: Shape
    ran: Ran
    requests: Sequence[Received]
    elsewhere: Sequence[Received]
    call: RequestPlan
    words: Mapping[str, str]

    def faults(self) -> Iterator[str]:
        """All that is wrong with it."""
        play, ran = self.play, self.ran
        if ran.code != play.exit:
            yield f"exit {ran.code}, not {play.exit}: {ran.stderr[-300:]!r}"
        wanted = _worded(self._mine(play.stdout), self.words)
        if ran.stdout.decode(errors="backslashreplace") != wanted:
            yield f"stdout is {ran.stdout[:300]!r}, not {wanted!r}"
        yield from self._stderr()
        yield from self._always()
        yield from self._files()
        yield from self._asked()

    def _mine(self, value: Any) -> Any:
        """What is expected on this protocol or in this language, where these differ."""
        if not isinstance(value, Mapping):
            return value
        names = (self.shape.protocol, self.shape.language, "else")
        return next((value[name] for name in names if name in value), ())

    def _stderr(self) -> Iterator[str]:
        got = self.ran.stderr.removesuffix("\n").split("\n") if self.ran.stderr else []
        wanted = [_worded(one, self.words, re.escape) for one in self._mine(self.play.stderr)]
        wanted += [re.escape(self.shape.wire.usage_line(self.play.rounds))] if self.play.rounds else []
        fitting = len(got) == len(wanted) and all(map(re.fullmatch, wanted, got))
        if not fitting:
            yield f"stderr is {got}, not {wanted}"

    def _always(self) -> Iterator[str]:
        text = self.ran.stderr
        if CONTROL.search(text) or any(len(one) > LONGEST_LINE for one in text.split("\n")):
            yield "control characters, or a line that is too long, on stderr"
        if any(one in text for one in TRACES):
            yield f"stderr shows a trace: {text[-300:]!r}"
        seen = [self.ran.stdout, text.encode(), *self.ran.files.values(), *self.ran.processes]
        seen += [one for request in self.requests for one in request.processes]
        seen += [str(one.headers).encode() + one.body + one.path.encode() for one in self.elsewhere]
        seen += [str(one.headers).encode() for one in self.requests if "/files/" in one.path]
        if any(piece.encode() in place for place in seen for piece in key_pieces(KEY)):
            yield f"{PIECE} characters of the key are where they must not be"

    def _files(self) -> Iterator[str]:
        got = {Path(path).name: data for path, data in self.ran.files.items()}
        wanted = {name: _content(text) for name, text in self.play.saved.items()}
        if got != wanted:
            yield f"files {sorted(got)}, not {sorted(wanted)}" + (
                " (or their content)" if set(got) == set(wanted) else ""
            )

    def _asked(self) -> Iterator[str]:
        play = self.play
        number = len(play.replies) if play.requests is None else play.requests
        if len(self.requests) != number and number >= 0:
            yield f"{len(self.requests)} requests, not {number}"
        if len(self.elsewhere) != len(play.elsewhere):
            yield f"{len(self.elsewhere)} requests elsewhere, not {len(play.elsewhere)}"
        posted = [one for one in self.requests if "/files/" not in one.path]
        if play.models and [model(one) for one in posted] != list(play.models):
            yield f"asked {[model(one) for one in posted]}, not {play.models}"
        if play.paths and [one.path for one in self.requests] != list(play.paths):
            yield f"asked for {[one.path for one in self.requests]}, not {play.paths}"
        for place, one in enumerate(posted):
            if "images" not in one.path and "openapi" not in one.path and one.method == "POST":
                yield from wrong_credentials(one, self.shape.wire, KEY)
            yield from self._body(place, one)

    def _body(self, place: int, one: Received) -> Iterator[str]:
        kind = one.headers.get("content-type", "")
        if self.play.form and (not kind.startswith("multipart/form-data") or _fields(one) != dict(self.play.form)):
            yield f"the form is {kind} {_fields(one)}, not {self.play.form}"
        if not kind.startswith("application/json"):
            return
        body = json.loads(one.body)
        bodies = self._mine(self.play.bodies)
        for name, value in (_worded_all(bodies[place], {}) if place < len(bodies) else {}).items():
            if body.get(name) != value:
                yield f"request {place + 1}: {name} is {body.get(name)!r}, not {value!r}"
        if self.shape.protocol in TEXT and self.play.task in ("tools", "vision", "structured"):
            yield from self._turns(place, body)

    def _turns(self, place: int, body: Mapping[str, Any]) -> Iterator[str]:
        """The turns of a request: those of the call, then what was said and done since."""
        wire, wanted = self.shape.wire, list(_filled(self.call.messages, self._slots()))
        given = iter(self.play.ids.get(self.shape.protocol, ()))
        for said in self._answered()[: place - self._failed(place)]:
            known = self._known(said, given)
            before = wire.said_before(known)
            wanted += [before, *wire.results(known, self._mine(said["results"]))]
        if _plain(wire.asked(body)) != _plain(wanted):
            yield f"request {place + 1}: the turns are {_cut(wire.asked(body))}, not {_cut(wanted)}"

    def _answered(self) -> list[Any]:
        """The answers with results, the last one as often as it may be served."""
        found = [_worded_all(one, self.words) for one in self.play.replies if "results" in one]
        return [*found, *found[-1:] * 10]

    def _failed(self, place: int) -> int:
        return sum("status" in one for one in self.play.replies[:place])

    def _known(self, said: Mapping[str, Any], given: Iterator[str]) -> Mapping[str, Any]:
        """An answer with the ids and arguments that the program gives it where it has none."""
        if self.shape.protocol != "openai-chat":
            return said
        calls = [
            (one[0] if one[0] and not self.play.ids else next(given), one[1], one[2] or "{}") for one in said["calls"]
        ]
        return {**said, "calls": calls}

    def _slots(self) -> Mapping[str, Any]:
        slots: dict[str, Any] = {}
        for one in self.call.pictures:
            kind = self.play.files.get(one.source, "PNG")
            encoded, media = ENCODED.get(kind, ""), TYPES.get(kind, "")
            slots |= {
                one.name: f"data:{media};base64,{encoded}",
                f"{one.name}_TYPE": media,
                f"{one.name}_DATA": encoded,
            }
        return slots


def _fields(one: Received) -> dict[str, Any]:
    """The fields of a form; of files their names, types and which picture they are."""
    found: dict[str, Any] = {}
    for field_ in compared(one.body, one.headers):
        if "file" in field_:
            kind = next((name for name, data in PICTURES.items() if data.hex() == field_["bytes"]), "?")
            found.setdefault(field_["name"], []).extend([field_["file"], field_["type"], kind])
        else:
            found[field_["name"]] = field_["value"]
    return found


def _remove(server: Server, work: Path) -> None:
    server.asked.wait(30)
    shutil.rmtree(work)


def _prepare(work: Path, play: Play) -> None:
    work.mkdir()
    for name in play.folders:
        (work / name).mkdir()
    for name in play.pipes:
        os.mkfifo(work / name)
    for name, text in play.files.items():
        (work / name).write_bytes(_content(text))


def _content(text: str) -> bytes:
    return PICTURES[text] if text in PICTURES else text.encode()


def _edited(code: str, play: Play, shape: Shape) -> tuple[str, list[str]]:
    """The program with a tool, or a time, changed in it, and the changes that found no place."""
    changes = [*([play.edit[shape.language]] if play.edit else []), *([SHORTER[shape.language]] if play.short else [])]
    missing = []
    for pattern, new in changes:
        code, found = re.subn(pattern, new, code)
        missing += [] if found else [pattern]
    return code, missing


def _served(facts: Any, shape: Shape, framing: str, words: Mapping[str, str]) -> Reply:
    """A reply: what is said and called, or one that is written out."""
    facts = _worded_all(facts, words)
    if not {"say", "calls"} & set(facts):
        return reply(facts, shape.mode, shape.wire, {})
    wait = facts.get("wait", 0)
    if not shape.stream:
        body = json.dumps(shape.wire.whole(facts), ensure_ascii=False).encode()
        return Reply(headers=[("content-type", "application/json")], body=body, wait=wait)
    events = [*shape.wire.opening(), *shape.wire.text(facts["say"])] if "cut" in facts else shape.wire.streamed(facts)
    events = [("", one) for one in facts["events"]] if "events" in facts else events
    chunks = pieces([lines(one).encode() for one in events], framing)
    return Reply(
        headers=[("content-type", "text/event-stream")],
        chunks=chunks,
        pause=FAST,
        end="cut" if "cut" in facts else "done",
        wait=wait,
    )


def _worded(text: str, words: Mapping[str, str], quote: Any = str) -> str:
    for name, value in words.items():
        text = text.replace(f"<{name}>", quote(value))
    return PICTURE.sub(lambda found: ENCODED[found[1]], text)


def _worded_all(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _worded(value, words)
    if isinstance(value, Mapping):
        return {name: _worded_all(item, words) for name, item in value.items()}
    return [_worded_all(one, words) for one in value] if isinstance(value, list) else value


def _filled(value: Any, slots: Mapping[str, Any]) -> Any:
    if isinstance(value, Variable):
        return slots[value.name]
    if isinstance(value, Mapping):
        return {name: _filled(item, slots) for name, item in value.items()}
    return [_filled(one, slots) for one in value] if isinstance(value, (list, tuple)) else value


def _plain(turns: Any) -> Any:
    """Turns as they are compared: Gemini's neighbouring texts count as one."""
    found = []
    for turn in turns:
        parts: list[Any] = []
        for part in turn.get("parts", []):
            if part.keys() == {"text"} and parts and parts[-1].keys() == {"text"}:
                parts[-1] = {"text": parts[-1]["text"] + part["text"]}
            else:
                parts.append(part)
        found.append({**turn, "parts": parts} if parts else turn)
    return found


def _cut(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[-700:]
