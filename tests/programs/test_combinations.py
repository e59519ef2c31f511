"""Every printed program is executed against its cassette, matched strictly, in its own interpreter over loopback.

Those on requests and httpx are called in process: test_in_process.py.
"""

import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import offered_combinations
from chat_completions.replay import cassette
from chat_completions.replay.server import serve
from support.cassette_programs import (
    CassetteProgram,
    cassette_programs,
    check_output,
    key_of,
    load_cassette,
    runs_in_process,
    written_cassettes,
)
from support.running import COMMANDS, RunResult, missing, run
from support.sent_by import fails_on, sent_by
from support.watching import RunOptions

HTTP_ERROR = 400
ADDRESS_IS_FIXED = {"plain", "ping"}  # libraries and kinds whose programs have no variable for the address
KEY = "key-of-the-tests-0123456789"


def groups() -> list[tuple[CassetteProgram, ...]]:
    """Return the programs in groups of one gateway, language and library, at most twelve each."""
    groups = []
    by_client = itertools.groupby(
        sorted(
            itertools.filterfalse(runs_in_process, cassette_programs()),
            key=lambda program: (program.gateway, program.language, program.library),
        ),
        key=lambda program: (program.gateway, program.language, program.library),
    )
    for _, members in by_client:
        listed = list(members)
        groups += [tuple(listed[start : start + 12]) for start in range(0, len(listed), 12)]
    return groups


def name(group: tuple[CassetteProgram, ...]) -> str:
    """Return how a group is called in the list of tests."""
    first = group[0]
    return f"{first.gateway}-{first.language}-{first.library}-{first.name}"


@pytest.mark.parametrize("group", groups(), ids=name)
def test_each_program_sends_and_prints_what_its_cassette_holds(group: tuple[CassetteProgram, ...]) -> None:
    lacking = missing(group[0].language, group[0].library)
    if lacking and os.environ.get("CI") != "true":
        pytest.skip(f"needs {lacking}")
    wrong = {(program.name, program.asynchronous): problem for program in group for problem in [*problems(program)]}
    assert wrong == {}


def problems(played: CassetteProgram) -> Iterator[str]:
    """Yield what is wrong with what a program sends, prints or saves."""
    data = load_cassette(played.cassette)
    recorded = cassette.read_cassette(played.cassette)
    with serve(sent_by(played.library, recorded)) as replay:
        program = generate_program(played.request)
        if ADDRESS_IS_FIXED & {played.library, program.plan.template}:
            address = replay.url + urlsplit(program.plan.gateway.base_url).path
            program = generate_program(played.request._replace(base_url=address))
        env = {program.plan.auth.key_env: key_of(data, KEY)}
        env[program.plan.gateway.base_url_env] = replay.url + urlsplit(program.plan.gateway.base_url).path
        options = RunOptions(args=played.arguments, stdin=played.stdin, warm=True, shared=True)
        ran = run(program.code, played.language, env, options=options)
    yield from replay.misses
    if KEY in ran.stderr:
        yield "the key is on stderr"
    if played.library == "plain":
        yield from problems_of_plain_reply(ran, data["interactions"][0]["response"])
    elif not replay.misses and replay.unplayed():
        yield f"{len(replay.unplayed())} interactions were not asked for; stderr: {ran.stderr[-300:]}"
    elif ran.code != (expected := fails_on(played.library, played.name) or data["expect"]["exit"]):
        yield f"exit {ran.code}, not {expected}: {ran.stderr[-300:]}"
    elif ran.code:
        last = ran.stderr.rstrip("\n").rpartition("\n")[2]
        if not last.startswith("Error: "):
            yield f"the last line of stderr is {last!r}"
    else:
        files = {Path(path).name: content for path, content in ran.files.items()}
        problem = check_output(data, program.plan.template, program.plan.stream, ran.stdout.decode(), files)
        if problem:
            yield problem


def problems_of_plain_reply(ran: RunResult, response: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the output of a plain curl command, which prints the first reply as it comes."""
    body, refused = response["body"]["string"], response["status"]["code"] >= HTTP_ERROR
    if ran.stdout != (body if isinstance(body, bytes) else body.encode()):
        yield f"printed {ran.stdout[:300]!r}, not the reply"
    if bool(ran.code) != refused:
        yield f"exit {ran.code}: {ran.stderr[-300:]}"


def test_every_combination_has_a_cassette() -> None:
    played = {
        (file.parent.name, options.get("task", "chat"), options["protocol"], options.get("stream", False))
        for file, options in written_cassettes().items()
    }
    promised = {
        (
            combination.gateway,
            "chat" if combination.task == "ping" else combination.task,
            combination.protocol,
            combination.stream,
        )
        for combination in offered_combinations()
        if combination.language in COMMANDS
    }
    assert promised - played == set()
