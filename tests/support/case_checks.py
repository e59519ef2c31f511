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
    result: RunResult
    server: Server
    elsewhere: Sequence[Received]
    key: str
    values: Mapping[str, str]

    @property
    def requests(self) -> list[Received]:
        """The requests to the gateway, without those that fetch a picture."""
        return [request for request in self.server.requests if "/files/" not in request.path]

    @property
    def downloads(self) -> list[Received]:
        """The requests that fetch a picture."""
        return [request for request in self.server.requests if "/files/" in request.path]

    @property
    def lines(self) -> list[str]:
        """The lines of stderr that hold something."""
        return [line for line in self.result.stderr.split("\n") if line.strip()]


def problems(outcome: Outcome) -> Iterator[str]:
    """Yield every problem of a run."""
    wanted, result = outcome.case.expect, outcome.result
    if result.code not in wanted.codes:
        yield f"exit {result.code}, not {wanted.codes}; stderr: {result.stderr[-400:]!r}"
    yield from _always(outcome)
    yield from _stdout(outcome)
    yield from _stderr(outcome)
    yield from _requests(outcome)
    yield from _times(outcome)
    yield from _files(outcome)
    yield from _conversation(outcome)
    yield from _tool_results(outcome)
    yield from _repeated_calls(outcome)
    yield from _repeated_blocks(outcome)


def _always(outcome: Outcome) -> Iterator[str]:
    result = outcome.result
    for trace in TRACES:
        if trace in result.stderr:
            yield f"stderr shows {trace!r}: {result.stderr[-400:]!r}"
    if CONTROL.search(result.stderr):
        yield f"control characters on stderr: {result.stderr[:300]!r}"
    seen = [result.stdout, result.stderr.encode(), *result.files.values(), *result.processes]
    seen += [process for request in outcome.requests for process in request.processes]
    seen += [repr(request).encode() for request in outcome.elsewhere]
    seen += [repr(request).encode() for request in outcome.downloads]
    if any(outcome.key.encode() in place for place in seen):
        yield "the key is in the output, a file, the process list or a request to somebody else"
    if outcome.elsewhere and "<OTHER>/files/" not in json.dumps(outcome.case.replies):
        yield "another host got a request"


def _stdout(outcome: Outcome) -> Iterator[str]:
    wanted, actual = outcome.case.expect, outcome.result.stdout.decode(errors="backslashreplace")
    if wanted.json is not None:
        try:
            same = json.loads(actual) == wanted.json
        except ValueError:
            same = False
        if not same:
            yield f"stdout is {_short(actual)}, not the JSON {wanted.json}"
    elif wanted.lines:
        yield from _lines([json.loads(line) for line in actual.splitlines()], wanted.lines)
    elif wanted.prints:
        for text in wanted.prints:
            if text not in actual:
                yield f"stdout lacks {text!r}: {_short(actual)}"
    elif wanted.text is not None:
        accepted = [expand(text, outcome.values) for text in (wanted.texts or [wanted.text])]
        if actual not in accepted and actual.removesuffix("\n") not in accepted:
            yield f"stdout is {_short(actual)}, not {_short(accepted[0])}"


def _lines(actual: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    same = [line.get("id") for line in actual] == [line["id"] for line in wanted] and all(
        str(value) in str(line.get(name))
        for line, fields in zip(actual, wanted, strict=True)
        for name, value in fields.items()
    )
    if not same:
        yield f"the lines are {actual}, not {wanted}"


def _stderr(outcome: Outcome) -> Iterator[str]:
    wanted, lines = outcome.case.expect, outcome.lines
    errors = [line for line in lines if line.startswith("Error:")]
    if outcome.result.code == 0 and errors and not wanted.error:
        yield f"an Error line, but exit 0: {errors}"
    if outcome.result.code == 1:
        if not lines or not lines[-1].startswith("Error:"):
            yield f"the last line of stderr does not start with 'Error:': {outcome.result.stderr[-300:]!r}"
        # The rounds before the one that failed have told their tokens, and so has an answer without the JSON.
        before = ("Warning:", "Usage:") if outcome.program.task in ("tools", "structured") else ("Warning:",)
        others = [line for line in lines[:-1] if not line.startswith(before)]
        if others:
            yield f"a failure is not one line: {lines}"
        if lines and len(lines[-1]) > LONGEST_ERROR:
            yield f"the Error line has {len(lines[-1])} characters"
    for start, parts in (("Error:", wanted.error), ("Warning:", wanted.warning)):
        for part in expand(list(parts), outcome.values):
            if not any(line.startswith(start) and part.lower() in line.lower() for line in lines):
                yield f"no {start} line contains {part!r}: {lines}"
    for part in wanted.lacks:
        if part in outcome.result.stderr:
            yield f"stderr holds {part!r}: {lines}"
    for word in wanted.last_line:
        if not lines or word not in lines[-1]:
            yield f"the last line of stderr lacks {word}: {lines[-1:]}"


def _requests(outcome: Outcome) -> Iterator[str]:
    wanted, actual = outcome.case.expect, outcome.requests
    number = wanted.requests
    numbers = [len(outcome.case.replies) or 0] if number is None else [number] if isinstance(number, int) else number
    if len(actual) not in numbers:
        yield f"{len(actual)} requests, not {numbers}"
    if outcome.program.task == "chat" and len(actual) > MOST_REQUESTS:
        yield f"{len(actual)} requests"
    if outcome.program.task == "chat" and any(request.after_answer for request in actual):
        yield "a request after the first byte of an answer"
    for request in actual:
        if not any(outcome.key in value for value in request.headers.values()):
            yield f"no header of the request to {request.path} holds the key"
        for name, foreign in outcome.case.env.items():
            if foreign.startswith("other-") and any(foreign in value for value in request.headers.values()):
                yield f"a header of the request to {request.path} holds {name}"
    body = actual[0].body.decode(errors="replace") if actual else ""
    for text in expand(list(wanted.sends), outcome.values):
        url_safe = text.translate(str.maketrans("+/", "-_"))  # base64 as Gemini takes it, too
        if text not in body and url_safe not in body:
            yield f"the first request lacks {text[:80]!r}"
    for number, (fields, request) in enumerate(zip(wanted.bodies, actual, strict=False), 1):
        body = json.loads(request.body)
        for name, value in expand(fields, outcome.values).items():
            if body.get(name) != value:
                yield f"request {number}: {name} is {body.get(name)!r}, not {value!r}"


def _message_text(message: Mapping[str, Any]) -> Any:
    """Return the text of a message, which stands alone or in one part."""
    content = message.get("content") or message["parts"]
    return content[0]["text"] if isinstance(content, list) else content


def _conversation(outcome: Outcome) -> Iterator[str]:
    """Each request carries these turns of the user and the model, after any system message."""
    protocol = PROTOCOLS.get(outcome.program.protocol)
    for number, (texts, request) in enumerate(zip(outcome.case.expect.turns, outcome.requests, strict=False), 1):
        messages = protocol.messages(json.loads(request.body)) if protocol else []
        actual = [_message_text(message) for message in messages if message["role"] != "system"]
        if actual != list(texts):
            yield f"request {number} holds the turns {actual}, not {list(texts)}"


def _times(outcome: Outcome) -> Iterator[str]:
    wanted, actual, result = outcome.case.expect, outcome.requests, outcome.result
    for number, least in enumerate(wanted.gaps[: max(0, len(actual) - 1)]):
        gap = actual[number + 1].time - actual[number].time
        if gap < least:
            yield f"request {number + 2} came after {gap:.2f} s, not {least} s"
    since = outcome.server.last_byte or (actual[-1].time if actual else result.ended)
    if wanted.within is not None and result.ended - since > wanted.within:
        yield f"it ended {result.ended - since:.1f} s after the last byte, not within {wanted.within} s"
    early = wanted.first_text_before
    if early is not None and (result.first_output is None or result.seconds - result.first_output < early):
        yield "the first text was not printed when it came"


def _files(outcome: Outcome) -> Iterator[str]:
    actual = sorted(outcome.result.files.values())
    if actual != sorted(PICTURES[name] for name in outcome.case.expect.saved):
        yield f"files {sorted(outcome.result.files)}, not {list(outcome.case.expect.saved)} (by content)"
    fetched = [request.path for request in outcome.downloads]
    if outcome.case.expect.downloads and fetched != list(outcome.case.expect.downloads):
        yield f"fetched {fetched}, not {list(outcome.case.expect.downloads)}"
    suffixes = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg"), "GIF": (".gif",), "WEBP": (".webp",)}
    for path, data in outcome.result.files.items():
        kind = next((name for name in suffixes if PICTURES[name] == data), None)
        if kind and not path.endswith(suffixes[kind]):
            yield f"a {kind} picture is saved as {path}"


def _tool_results(outcome: Outcome) -> Iterator[str]:
    """Each request after a round of calls carries the model's turn as it came, and a result for each call."""
    protocol = PROTOCOLS.get(outcome.program.protocol)
    if outcome.case.task != "tools" or protocol is None:
        return
    answers = [reply["answer"] for reply in outcome.case.replies if isinstance(reply, Mapping) and "answer" in reply]
    answers = [*answers, *answers[-1:] * 10]
    in_pieces = any("events" in reply for reply in outcome.case.replies)  # no turn is written out
    rounds = [request for request in outcome.requests if protocol.messages(json.loads(request.body))]
    for number, wanted in enumerate(outcome.case.expect.results, 1):
        if number >= len(rounds):
            yield f"no request carries the results of round {number}"
            return
        messages = protocol.messages(json.loads(rounds[number].body))
        yield from (f"request {number + 1}: {problem}" for problem in _results(protocol.results(messages), wanted))
        if not in_pieces:
            answer = _answer(answers[number - 1], outcome)
            yield from (f"request {number + 1}: {problem}" for problem in _echo(messages, protocol.message(answer)))


def _repeated_calls(outcome: Outcome) -> Iterator[str]:
    wanted = [tuple(call) for call in outcome.case.expect.calls]
    if not wanted or len(outcome.requests) < 2:
        return
    messages = json.loads(outcome.requests[1].body)["messages"]
    calls = [call for message in messages for call in message.get("tool_calls") or []]
    actual = [(call["function"].get("name"), _value(call["function"].get("arguments"))) for call in calls]
    if actual != wanted:
        yield f"the calls that go back are {actual}, not {wanted}"
    results = PROTOCOLS["openai-chat"].results(messages)
    if len(results) != len(wanted) or any("error" in text.lower() for _, text in results):
        yield f"the results are {results}"
    ids = [call.get("id") for call in calls]
    if not all(ids) or len(set(ids)) < len(ids) or ids != [id_ for id_, _ in results]:
        yield f"the ids of the calls are {ids}, those of the results {[id_ for id_, _ in results]}"


def _repeated_blocks(outcome: Outcome) -> Iterator[str]:
    wanted = outcome.case.expect.blocks
    if wanted and len(outcome.requests) > 1:
        turns = [
            turn["content"] for turn in json.loads(outcome.requests[1].body)["messages"] if turn["role"] == "assistant"
        ]
        if turns != [list(wanted)]:
            yield f"the blocks that go back are {turns}, not {wanted}"


def _answer(answer: Any, outcome: Outcome) -> Any:
    return expand({"text": answer} if isinstance(answer, str) else answer, outcome.values)


def _results(actual: Sequence[tuple[str, str]], wanted: Mapping[str, str]) -> Iterator[str]:
    if len(actual) != len(wanted):
        yield f"{len(actual)} tool results, not {len(wanted)}"
    for (id_, text), (wanted_id, word) in zip(actual, wanted.items(), strict=False):
        if id_ and id_ != wanted_id.partition("#")[0]:
            yield f"a result for {id_!r}, not {wanted_id!r}"
        if word not in text or not text:
            yield f"the result of {wanted_id} is {text!r}, without {word!r}"


def _echo(messages: Sequence[Any], answer: Mapping[str, Any]) -> Iterator[str]:
    """Every field of the model's turn must have come back."""
    sent = [_normal(message) for message in messages if message.get("role") == answer["role"]]
    wanted = _normal(answer)
    if not any(_holds(message, wanted) for message in sent):
        yield f"the model's turn did not come back as it was: {_short(json.dumps(wanted))} is not in {json.dumps(sent)[-900:]}"


def _normal(message: Mapping[str, Any]) -> Any:
    """A message without empty fields, with arguments as the value that their text means."""
    fields = {name: value for name, value in message.items() if value not in (None, "", [])}
    if "tool_calls" in fields:
        fields["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": _value(call["function"].get("arguments"))}}
            for call in fields["tool_calls"]
        ]
    return fields


def _value(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return {"not sent as text": arguments}
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def _holds(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and all(_holds(actual.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(actual, list) and len(actual) == len(wanted)
        return same and all(_holds(*pair) for pair in zip(actual, wanted, strict=True))
    return bool(actual == wanted)


def _short(text: str) -> str:
    return repr(text) if len(text) < LONGEST_ERROR else f"{text[:60]!r} and so on, {len(text)} characters"
