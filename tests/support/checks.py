"""What every run of a written program must keep, and what its case expects of it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from support.cases import Case
from support.notation import translated
from support.running import Ran
from support.serving import Received, Server
from support.wires import WIRES, Wire

LONGEST_LINE = 300
PIECE = 8
MOST_REQUESTS = 3
INTERRUPTED = 130
NO_TEXT = "^Warning: the answer holds no text$"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
CREDENTIALS = ("authorization", "x-api-key", "x-goog-api-key")
IN_PATH = re.compile(r"/models/([^/:]+):")
TRACES = ("Traceback", 'File "', "    at ", "node:internal", "program.sh: ")


@dataclass(frozen=True)
class Outcome:
    """One run, all that is needed to judge it."""

    case: Case
    ran: Ran
    server: Server
    other: Server
    key: str
    code: str
    wire: Wire = WIRES["openai-chat"]
    stream: bool = False

    @property
    def requests(self) -> Sequence[Received]:
        """What arrived at the gateway."""
        return self.server.requests


def wrong(outcome: Outcome) -> list[str]:
    """All that is wrong with a run, in words."""
    found = [*_always(outcome), *_requests(outcome), *_times(outcome)]
    case, ran = outcome.case, outcome.ran
    if (case.either or case.level == "may") and ran.code == 1:
        return [*found, *_one_error(_lines(ran))]
    codes = [case.exit] if isinstance(case.exit, int) else case.exit
    if ran.code not in codes:
        found.append(f"exit {ran.code}, not {case.exit}")
    found += _stdout(case, ran)
    found += _stderr(case, ran, outcome.wire)
    return found


def key_pieces(key: str) -> set[str]:
    """Every piece of the key that is long enough to count as a leak."""
    return {key[start : start + PIECE] for start in range(max(1, len(key) - PIECE + 1))} - {""}


def _always(outcome: Outcome) -> Iterator[str]:
    ran, text = outcome.ran, outcome.ran.stderr
    for trace in TRACES:
        if trace in text:
            yield f"stderr shows {trace!r}: {text[-400:]!r}"
    if CONTROL.search(text):
        yield f"control characters on stderr: {text[:300]!r}"
    if any(len(line) > LONGEST_LINE for line in _lines(ran)):
        yield f"a line of more than {LONGEST_LINE} characters on stderr"
    yield from _leaks(outcome)
    if ran.files:
        yield f"files are left behind: {sorted(ran.files)}"
    if outcome.other.requests:
        yield "another host got a request"
    if any(one.after_answer for one in outcome.requests):
        yield "a request came after the first byte of an answer"
    if len(outcome.requests) > MOST_REQUESTS:
        yield f"{len(outcome.requests)} requests"


def _leaks(outcome: Outcome) -> Iterator[str]:
    ran = outcome.ran
    places = {"stdout": ran.stdout, "stderr": ran.stderr.encode(), "its own code": outcome.code.encode()}
    places |= {f"file {path}": data for path, data in ran.files.items()}
    seen = ran.processes.union(*(one.processes for one in outcome.requests))
    places |= {"the process list": b"\0".join(seen)}
    leaks = [piece.encode() for piece in key_pieces(outcome.key)]
    for place, data in places.items():
        if any(piece in data for piece in leaks):
            yield f"the key, or a piece of it, is in {place}"


def _requests(outcome: Outcome) -> Iterator[str]:
    case, got = outcome.case, outcome.requests
    numbers = [case.requests] if isinstance(case.requests, int) else case.requests
    if len(got) not in numbers:
        yield f"{len(got)} requests, not {case.requests}"
    for one in got:
        if one.path != _path(outcome, one):
            yield f"asked for {one.path!r}, not {_path(outcome, one)!r}"
        if not case.authorized:
            continue
        if one.method != "POST":
            yield f"the method was {one.method}"
        yield from wrong_credentials(one, outcome.wire, outcome.key)
        if not one.headers.get("content-type", "").startswith("application/json"):
            yield f"the content type was {one.headers.get('content-type')!r}"
    models = [model(one) for one in got]
    if case.models and models != list(case.models):
        yield f"asked {models}, not {case.models}"


def wrong_credentials(one: Received, wire: Wire, key: str) -> Iterator[str]:
    """The key must be in its own header, and in no other."""
    found = {name: one.headers[name] for name in CREDENTIALS if name in one.headers}
    if found != {wire.header: f"{wire.prefix}{key}"}:
        yield f"the {wire.header} header is not the key, or another has one: {sorted(found)}"


def _path(outcome: Outcome, one: Received) -> str:
    """The path of the case, as this protocol spells it; a model in it is compared as such."""
    path = outcome.wire.path
    if outcome.stream and outcome.wire.id == "gemini-generate":
        path = path.replace(":generateContent", ":streamGenerateContent?alt=sse")
    return outcome.case.path.replace("/chat/completions", path.replace("{model}", str(model(one))))


def model(one: Received) -> object:
    """The model that a request asks, in its path or its body."""
    named = IN_PATH.search(one.path)
    if named:
        return named[1]
    try:
        return json.loads(one.body)["model"]
    except (ValueError, KeyError, TypeError) as problem:
        return repr(problem)


def _times(outcome: Outcome) -> Iterator[str]:
    case, ran, got = outcome.case, outcome.ran, outcome.requests
    for number, (least, most) in enumerate(case.gaps[: max(0, len(got) - 1)]):
        gap = got[number + 1].time - got[number].time
        if not least <= gap <= most:
            yield f"request {number + 2} came after {gap:.2f} s, not {least} to {most} s"
    since = outcome.server.last_byte or (got[-1].time if got else ran.ended)
    if case.within is not None and ran.ended - since > case.within:
        yield f"it ended {ran.ended - since:.1f} s after the last byte, not within {case.within} s"
    if case.early is not None and (ran.first_output is None or ran.seconds - ran.first_output < case.early):
        yield "the first text was not printed when it came"
    if case.least is not None and ran.seconds < case.least:
        yield f"it gave up after {ran.seconds:.1f} s"


def _stdout(case: Case, ran: Ran) -> Iterator[str]:
    if case.stdout is None:
        return
    got = ran.stdout.decode(errors="backslashreplace")
    # A failure without any text leaves stdout empty; an empty answer is still a line.
    accepted = [f"{case.stdout}\n"] if case.stdout or case.exit == 0 else [""]
    if case.stdouts:
        accepted = [one + end for one in case.stdouts for end in ("", "\n")]
    if got not in accepted:
        yield f"stdout is {_short(got)}, not {_short(accepted[0])}"


def _stderr(case: Case, ran: Ran, wire: Wire) -> Iterator[str]:
    lines, patterns = _lines(ran), [translated(one, wire) for one in case.stderr]
    if not case.loud or ran.code == INTERRUPTED:
        if len(lines) > 1:
            yield f"more than one line on stderr: {ran.stderr!r}"
        return
    for pattern in patterns:
        if not any(re.search(pattern, line) for line in lines):
            yield f"no line on stderr matches {pattern!r}: {ran.stderr!r}"
    if ran.code:
        yield from _one_error(lines)
        return
    if case.usage and (not lines or lines[-1] != wire.usage_line()):
        yield f"the token counts are not the last line: {ran.stderr!r}"
    expected = [*patterns, *([f"^{wire.usage_line()}$"] if case.usage else [])]
    expected += [] if ran.stdout.strip() else [NO_TEXT]
    for line in lines:
        if not any(re.search(pattern, line) for pattern in expected):
            yield f"unexpected on stderr: {line!r}"


def _one_error(lines: Sequence[str]) -> Iterator[str]:
    if len(lines) != 1 or not lines[0].startswith("Error: "):
        yield f"stderr is not one line that starts with 'Error: ': {lines}"


def _lines(ran: Ran) -> list[str]:
    return ran.stderr.removesuffix("\n").split("\n") if ran.stderr else []


def _short(text: str) -> str:
    return repr(text) if len(text) < LONGEST_LINE else f"{text[:60]!r} and so on, {len(text)} characters"
