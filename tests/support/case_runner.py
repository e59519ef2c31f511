"""Run cases on printed programs, each with its own server and its own process."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chat_completions.catalog.load import load_language

from support.case_checks import Outcome, problems
from support.case_table import Case, expand, load, replies
from support.replies import PICTURES, Reply
from support.running import SCRATCH, missing, run
from support.serving import Received, Server, closed_port
from support.variants import Program, Variant, program, write_variant
from support.watching import RunOptions

KEY = f"pass_Zq7Vw2Xk9Rt4Lm6Bn8Hd{os.getpid()}"  # the process list shows the programs of other test processes too


def try_case(program: Program, case: Case, framing: str = "as_is", *, shared: bool = True) -> list[str]:
    """Return the problems of this case on this program; none when it passes.

    `shared`: programs of Python and of JavaScript may run in one process, one after another.
    """
    watch = program.language == "shell"  # whose programs start others, with arguments
    with Server([Reply(status=500)]) as other, Server([], watch=watch) as server, closed_port() as closed:
        values = {"KEY": KEY, "HERE": server.url, "PORT": server.url.rpartition(":")[2]}
        values |= {"OTHER": other.url, "CLOSED": closed}
        opened = program.protocol == "anthropic-messages" and needs_message_start(program)
        server.replies = replies(case, program.protocol, program.stream, framing, values, opened=opened)
        server.choose = chooser(case.replies, server.replies)
        env = {**expand(case.env, values), f"{program.env}_BASE_URL": expand(case.base, values)}
        if case.key is not None:
            env[f"{program.env}_API_KEY"] = expand(case.key, values)
        with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
            for name, content in case.files.items():
                Path(folder, name).write_bytes(PICTURES.get(content, content.encode()))
            options = RunOptions(
                args=case.args,
                stdin=case.stdin.encode(),
                warm=not case.cold,
                shared=shared and not (case.cold or case.interrupt),
                timeout=40,
                interrupt=server.request_arrived if case.interrupt else None,
            )
            result = run(program.code, program.language, env, cwd=Path(folder), options=options)
        return list(problems(Outcome(case, program, result, server, other.requests, KEY, values)))


def needs_message_start(program: Program) -> bool:
    """Whether the library of a program reads no stream of Messages without its first event."""
    libraries = load_language(program.language).libraries
    library = libraries.get(program.client.partition("-")[2])
    return bool(library and "message_start" in library.stream_needs)


def chooser(listed: Sequence[object], served: Sequence[Reply]) -> Callable[[Received], Reply] | None:
    """Choose a reply by `when`: fields that the request's body must contain, null for none."""
    conditions = [reply.get("when") if isinstance(reply, Mapping) else None for reply in listed]
    if not any(conditions):
        return None

    def choose(request: Received) -> Reply:
        with contextlib.suppress(ValueError):
            body = json.loads(request.body)
            for condition, reply in zip(conditions, served, strict=True):
                if all(body.get(name) == value for name, value in (condition or {}).items()):
                    return reply
        return served[-1]

    return choose


LARGE = 20_000


def framings(case: Case, *, full: bool = True) -> list[str]:
    """The ways in which the chunks of a case are cut: `bytes` where it does not take long."""
    first = case.replies[0] if case.replies and isinstance(case.replies[0], Mapping) else {}
    values = {"KEY": KEY, "HERE": "", "OTHER": ""}
    slow = {"pause", "gzip"} & set(first) or len(json.dumps(expand(list(case.replies), values))) > LARGE
    return ["as_is"] if slow else list(case.framings if full else case.usual_framings)


AT_ONCE = 8
NODE_AT_ONCE = 5  # each process of Node loads the packages and is slow until it has run a while


def check_variant(variant: Variant, *tables: str, full: bool, only: str = "") -> None:
    """Fail with what is wrong with any case of these tables that binds this variant."""
    skip_without_tools(variant)
    usual = program(variant)
    jobs = [
        (case, framing)
        for table in tables
        for case in usual.bound(load(table))
        if (only == case.id if only else full or is_usual(case, variant))
        for framing in framings(case, full=full or bool(only))
    ]
    check_cases(
        [(write_variant(variant, **case.write) if case.write else usual, case, framing) for case, framing in jobs]
    )


def is_usual(case: Case, variant: Variant) -> bool:
    """Whether a usual test run tries this case on the programs of this variant."""
    return case.usual(variant.client, variant.protocol, variant.mode, asynchronous=variant.asynchronous)


def check_cases(jobs: Sequence[tuple[Program, Case, str]]) -> None:
    """Fail with what is wrong with any of these cases in its framing on its program; several are tried at once."""
    in_node = any(program.language not in ("python", "shell") for program, *_ in jobs)
    with ThreadPoolExecutor(NODE_AT_ONCE if in_node else AT_ONCE) as pool:
        results = list(pool.map(lambda job: try_case(*job), jobs))
    failures = [
        f"{case.id} ({framing}): " + "; ".join(problem[:300] for problem in wrong)
        for (_, case, framing), wrong in zip(jobs, results, strict=True)
        if wrong
    ]
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)


def skip_without_tools(variant: Variant) -> None:
    """Skip where this machine lacks what such programs need."""
    lacking = missing(variant.language, variant.library)
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(f"{variant} needs {lacking}")
    if lacking:
        pytest.skip(f"{variant} needs {lacking}")
