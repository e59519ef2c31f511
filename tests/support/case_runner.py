"""Runs one case on one printed program: its own server, its own process."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chat_completions.catalog.load import load_language

from support.case_checks import Outcome, problems
from support.case_table import Case, expand, replies
from support.replies import PICTURES, Reply
from support.running import run
from support.serving import Received, Server, closed_port
from support.watching import Scene

KEY = f"pass_Zq7Vw2Xk9Rt4Lm6Bn8Hd{os.getpid()}"  # the process list shows the programs of other test processes too


@dataclass(frozen=True)
class Program:
    """A printed program and what it is: how it must be started and spoken to."""

    code: str
    client: str  # such as python-requests
    env: str  # such as AITOLL: the variables are AITOLL_API_KEY and AITOLL_BASE_URL
    protocol: str = "openai-chat"
    task: str = "chat"
    stream: bool = False

    @property
    def language(self) -> str:
        """The language alone."""
        return self.client.partition("-")[0]

    @property
    def mode(self) -> str:
        """`stream` or `whole`."""
        return "stream" if self.stream else "whole"

    def bound(self, cases: Sequence[Case]) -> list[Case]:
        """The cases that bind it."""
        return [one for one in cases if one.bound(self.client, self.protocol, self.mode, self.task)]


def try_case(case: Case, program: Program, framing: str = "given", *, shared: bool = False) -> list[str]:
    """What is wrong with this case on this program, in words; nothing when it passes.

    `shared`: programs of JavaScript may run in one process, one after another.
    """
    watch = program.language == "shell"  # whose programs start others, with arguments
    with Server([Reply(status=500)]) as other, Server([], watch=watch) as server, closed_port() as closed:
        words = {"KEY": KEY, "HERE": server.url, "PORT": server.url.rpartition(":")[2]}
        words |= {"OTHER": other.url, "CLOSED": closed}
        opened = program.protocol == "anthropic-messages" and needs_message_start(program)
        server.replies = replies(case, program.protocol, program.stream, framing, words, opened=opened)
        server.choose = chooser(case.replies, server.replies)
        env = {**expand(case.env, words), f"{program.env}_BASE_URL": expand(case.base, words)}
        if case.key is not None:
            env[f"{program.env}_API_KEY"] = expand(case.key, words)
        with tempfile.TemporaryDirectory() as folder:
            for name, content in case.files.items():
                Path(folder, name).write_bytes(PICTURES.get(content, content.encode()))
            scene = Scene(
                args=case.args,
                stdin=case.stdin.encode(),
                warm=not case.cold,
                shared=shared and program.task not in ("chatbot", "batch"),  # which read stdin
                timeout=40,
                interrupt=server.asked if case.interrupt else None,
            )
            ran = run(program.code, program.language, env, cwd=Path(folder), scene=scene)
        return list(problems(Outcome(case, program, ran, server, other.requests, KEY, words)))


def needs_message_start(program: Program) -> bool:
    """Whether the library of a program reads no stream of Messages without its first event."""
    libraries = load_language(program.language).libraries
    library = libraries.get(program.client.partition("-")[2])
    return bool(library and "message_start" in library.stream_needs)


def chooser(said: Sequence[object], served: Sequence[Reply]) -> Callable[[Received], Reply] | None:
    """A choice by `when` (fields that the request's body must hold, null for none), else nothing."""
    conditions = [one.get("when") if isinstance(one, Mapping) else None for one in said]
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
    words = {"KEY": KEY, "HERE": "", "OTHER": ""}
    slow = {"pause", "gzip"} & set(first) or len(json.dumps(expand(list(case.replies), words))) > LARGE
    return ["given"] if slow else list(case.framings if full else case.usual_framings)
