"""Check a run of a printed program: what holds for every run, and what its case expects."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.case_table import Case, expand
from support.protocols import PROTOCOLS
from support.replies import PICTURES
from support.running import RunResult
from support.serving import Received, Server

if TYPE_CHECKING:
    from support.variants import Program

MOST_REQUESTS = 3
LONGEST_ERROR = 1000
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
TRACES = ("Traceback", 'File "', "\n    at ", "node:internal", "program.sh: line")


@dataclass(frozen=True)
class Outcome:
    """One run, and all that is needed to check it."""

    case: Case
    program: "Program"
    ran: RunResult
    server: Server
    elsewhere: Sequence[Received]
    key: str
    values: Mapping[str, str]

    @property
    def requests(self) -> list[Received]:
        """The requests to the gateway, without those that fetch a picture."""
        return [one for one in self.server.requests if "/files/" not in one.path]

    @property
    def lines(self) -> list[str]:
        """The lines of stderr that hold something."""
        return [one for one in self.ran.stderr.split("\n") if one.strip()]


def problems(outcome: Outcome) -> Iterator[str]:
    """Yield every problem of a run."""
    wanted, ran = outcome.case.expect, outcome.ran
    if ran.code not in wanted.codes:
        yield f"exit {ran.code}, not {wanted.codes}; stderr: {ran.stderr[-400:]!r}"
    yield from _always(outcome)
    yield from _stdout(outcome)
    yield from _stderr(outcome)
    yield from _requests(outcome)
    yield from _times(outcome)
    yield from _files(outcome)
    yield from _asked(outcome)
    yield from _tool_results(outcome)
    yield from _repeated_calls(outcome)


def _always(outcome: Outcome) -> Iterator[str]:
    ran = outcome.ran
    for trace in TRACES:
        if trace in ran.stderr:
            yield f"stderr shows {trace!r}: {ran.stderr[-400:]!r}"
    if CONTROL.search(ran.stderr):
        yield f"control characters on stderr: {ran.stderr[:300]!r}"
    seen = [ran.stdout, ran.stderr.encode(), *ran.files.values(), *ran.processes]
    seen += [one for request in outcome.requests for one in request.processes]
    seen += [repr(one).encode() for one in outcome.elsewhere]
    seen += [repr(one).encode() for one in outcome.server.requests if "/files/" in one.path]
    if any(outcome.key.encode() in place for place in seen):
        yield "the key is in the output, a file, the process list or a request to somebody else"
    if outcome.elsewhere and "<OTHER>/files/" not in json.dumps(outcome.case.replies):
        yield "another host got a request"


def _stdout(outcome: Outcome) -> Iterator[str]:
    wanted, got = outcome.case.expect, outcome.ran.stdout.decode(errors="backslashreplace")
    if wanted.json is not None:
        try:
            same = json.loads(got) == wanted.json
        except ValueError:
            same = False
        if not same:
            yield f"stdout is {_short(got)}, not the JSON {wanted.json}"
    elif wanted.lines:
        yield from _lines([json.loads(line) for line in got.splitlines()], wanted.lines)
    elif wanted.prints:
        for one in wanted.prints:
            if one not in got:
                yield f"stdout lacks {one!r}: {_short(got)}"
    elif wanted.text is not None:
        accepted = [expand(one, outcome.values) for one in (wanted.texts or [wanted.text])]
        if got not in accepted and got.removesuffix("\n") not in accepted:
            yield f"stdout is {_short(got)}, not {_short(accepted[0])}"


def _lines(got: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    same = [one.get("id") for one in got] == [one["id"] for one in wanted] and all(
        str(value) in str(one.get(name))
        for one, fields in zip(got, wanted, strict=True)
        for name, value in fields.items()
    )
    if not same:
        yield f"the lines are {got}, not {wanted}"


def _stderr(outcome: Outcome) -> Iterator[str]:
    wanted, lines = outcome.case.expect, outcome.lines
    errors = [one for one in lines if one.startswith("Error:")]
    if outcome.ran.code == 0 and errors and not wanted.error:
        yield f"an Error line, but exit 0: {errors}"
    if outcome.ran.code == 1:
        if not lines or not lines[-1].startswith("Error:"):
            yield f"the last line of stderr does not start with 'Error:': {outcome.ran.stderr[-300:]!r}"
        others = [one for one in lines[:-1] if not one.startswith("Warning:")]
        if others:
            yield f"a failure is not one line: {lines}"
        if lines and len(lines[-1]) > LONGEST_ERROR:
            yield f"the Error line has {len(lines[-1])} characters"
    for start, parts in (("Error:", wanted.error), ("Warning:", wanted.warning)):
        for part in expand(list(parts), outcome.values):
            if not any(one.startswith(start) and part.lower() in one.lower() for one in lines):
                yield f"no {start} line contains {part!r}: {lines}"
    for part in wanted.lacks:
        if part in outcome.ran.stderr:
            yield f"stderr holds {part!r}: {lines}"
    for word in wanted.last_line:
        if not lines or word not in lines[-1]:
            yield f"the last line of stderr lacks {word}: {lines[-1:]}"


def _requests(outcome: Outcome) -> Iterator[str]:
    wanted, got = outcome.case.expect, outcome.requests
    number = wanted.requests
    numbers = [len(outcome.case.replies) or 0] if number is None else [number] if isinstance(number, int) else number
    if len(got) not in numbers:
        yield f"{len(got)} requests, not {numbers}"
    if outcome.program.task == "chat" and len(got) > MOST_REQUESTS:
        yield f"{len(got)} requests"
    if outcome.program.task == "chat" and any(one.after_answer for one in got):
        yield "a request after the first byte of an answer"
    for one in got:
        if not any(outcome.key in value for value in one.headers.values()):
            yield f"no header of the request to {one.path} holds the key"
        for name, foreign in outcome.case.env.items():
            if foreign.startswith("other-") and any(foreign in value for value in one.headers.values()):
                yield f"a header of the request to {one.path} holds {name}"
    body = got[0].body.decode(errors="replace") if got else ""
    for text in expand(list(wanted.sends), outcome.values):
        url_safe = text.translate(str.maketrans("+/", "-_"))  # base64 as Gemini takes it, too
        if text not in body and url_safe not in body:
            yield f"the first request lacks {text[:80]!r}"
    for number, (fields, request) in enumerate(zip(wanted.bodies, got, strict=False), 1):
        body = json.loads(request.body)
        for name, value in expand(fields, outcome.values).items():
            if body.get(name) != value:
                yield f"request {number}: {name} is {body.get(name)!r}, not {value!r}"


def _turn_text(turn: Mapping[str, Any]) -> Any:
    """Return the text of a turn, which stands alone or in one part."""
    content = turn.get("content") or turn["parts"]
    return content[0]["text"] if isinstance(content, list) else content


def _asked(outcome: Outcome) -> Iterator[str]:
    """Each request carries these turns of the user and the model, after any system message."""
    protocol = PROTOCOLS.get(outcome.program.protocol)
    for number, (texts, request) in enumerate(zip(outcome.case.expect.turns, outcome.requests, strict=False), 1):
        turns = protocol.turns(json.loads(request.body)) if protocol else []
        got = [_turn_text(turn) for turn in turns if turn["role"] != "system"]
        if got != list(texts):
            yield f"request {number} holds the turns {got}, not {list(texts)}"


def _times(outcome: Outcome) -> Iterator[str]:
    wanted, got, ran = outcome.case.expect, outcome.requests, outcome.ran
    for number, least in enumerate(wanted.gaps[: max(0, len(got) - 1)]):
        gap = got[number + 1].time - got[number].time
        if gap < least:
            yield f"request {number + 2} came after {gap:.2f} s, not {least} s"
    since = outcome.server.last_byte or (got[-1].time if got else ran.ended)
    if wanted.within is not None and ran.ended - since > wanted.within:
        yield f"it ended {ran.ended - since:.1f} s after the last byte, not within {wanted.within} s"
    early = wanted.first_text_before
    if early is not None and (ran.first_output is None or ran.seconds - ran.first_output < early):
        yield "the first text was not printed when it came"


def _files(outcome: Outcome) -> Iterator[str]:
    got = sorted(outcome.ran.files.values())
    if got != sorted(PICTURES[one] for one in outcome.case.expect.saved):
        yield f"files {sorted(outcome.ran.files)}, not {list(outcome.case.expect.saved)} (by content)"
    suffixes = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg"), "GIF": (".gif",), "WEBP": (".webp",)}
    for path, data in outcome.ran.files.items():
        kind = next((name for name in suffixes if PICTURES[name] == data), None)
        if kind and not path.endswith(suffixes[kind]):
            yield f"a {kind} picture is saved as {path}"


def _tool_results(outcome: Outcome) -> Iterator[str]:
    """Each request after a round of calls carries the model's turn as it came, and a result for each call."""
    protocol = PROTOCOLS.get(outcome.program.protocol)
    if outcome.case.task != "tools" or protocol is None:
        return
    answers = [one["answer"] for one in outcome.case.replies if isinstance(one, Mapping) and "answer" in one]
    answers = [*answers, *answers[-1:] * 10]
    rounds = [one for one in outcome.requests if protocol.turns(json.loads(one.body))]
    for number, wanted in enumerate(outcome.case.expect.results, 1):
        if number >= len(rounds):
            yield f"no request carries the results of round {number}"
            return
        turns = protocol.turns(json.loads(rounds[number].body))
        yield from (f"request {number + 1}: {one}" for one in _results(protocol.results(turns), wanted))
        answer = _answer(answers[number - 1], outcome)
        yield from (f"request {number + 1}: {one}" for one in _echo(turns, protocol.message(answer)))


def _repeated_calls(outcome: Outcome) -> Iterator[str]:
    wanted = [tuple(one) for one in outcome.case.expect.calls]
    if not wanted or len(outcome.requests) < 2:
        return
    turns = json.loads(outcome.requests[1].body)["messages"]
    calls = [call["function"] for turn in turns for call in turn.get("tool_calls") or []]
    got = [(one.get("name"), _value(one.get("arguments"))) for one in calls]
    if got != wanted:
        yield f"the calls that go back are {got}, not {wanted}"
    results = PROTOCOLS["openai-chat"].results(turns)
    if len(results) != len(wanted) or any("error" in text.lower() for _, text in results):
        yield f"the results are {results}"


def _answer(answer: Any, outcome: Outcome) -> Any:
    return expand({"text": answer} if isinstance(answer, str) else answer, outcome.values)


def _results(got: Sequence[tuple[str, str]], wanted: Mapping[str, str]) -> Iterator[str]:
    if len(got) != len(wanted):
        yield f"{len(got)} tool results, not {len(wanted)}"
    for (id_, text), (wanted_id, word) in zip(got, wanted.items(), strict=False):
        if id_ and id_ != wanted_id.partition("#")[0]:
            yield f"a result for {id_!r}, not {wanted_id!r}"
        if word not in text or not text:
            yield f"the result of {wanted_id} is {text!r}, without {word!r}"


def _echo(turns: Sequence[Any], message: Mapping[str, Any]) -> Iterator[str]:
    """Every field of the model's turn must have come back."""
    sent = [_normal(one) for one in turns if one.get("role") == message["role"]]
    wanted = _normal(message)
    if not any(_holds(one, wanted) for one in sent):
        yield f"the model's turn did not come back as it was: {_short(json.dumps(wanted))} is not in {json.dumps(sent)[-900:]}"


def _normal(message: Mapping[str, Any]) -> Any:
    """A message without empty fields, with arguments as the value that their text means."""
    found = {name: value for name, value in message.items() if value not in (None, "", [])}
    if "tool_calls" in found:
        found["tool_calls"] = [
            {**one, "function": {**one["function"], "arguments": _value(one["function"].get("arguments"))}}
            for one in found["tool_calls"]
        ]
    return found


def _value(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return {"not sent as text": arguments}
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def _holds(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(got, Mapping) and all(_holds(got.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(got, list) and len(got) == len(wanted)
        return same and all(_holds(*pair) for pair in zip(got, wanted, strict=True))
    return bool(got == wanted)


def _short(text: str) -> str:
    return repr(text) if len(text) < LONGEST_ERROR else f"{text[:60]!r} and so on, {len(text)} characters"
