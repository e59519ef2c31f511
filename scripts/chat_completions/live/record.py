"""Records a gateway: runs programs against it through a proxy, and keeps what can be played again.

A scene is stored only when its program ended as it should, every reply came whole, and the same
program against the fresh cassette did the same again. Nothing else leaves a file.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chat_completions.catalog import load
from chat_completions.errors import NotOffered
from chat_completions.generate import make
from chat_completions.live import tape
from chat_completions.live.judging import Failed, must_be_good, settled
from chat_completions.live.proxy import Recorder, recording
from chat_completions.live.scenes import Scene
from chat_completions.live.scrub import Secrets, personal
from chat_completions.planning.types import Program, ProgramRequest
from chat_completions.replay import cassette
from chat_completions.replay.run import Ran, run
from chat_completions.replay.server import serving


class Source(NamedTuple):
    """Where a recording comes from, and what it may hold of it.

    `keys` maps placeholders to real keys; `source`, `note` and `mock` go into the provenance.
    """

    gateway: str
    upstream: str
    keys: Mapping[str, str]
    source: str
    note: str
    mock: bool
    folder: Path


class Stored(NamedTuple):
    """A scene that was stored: what a user should hear of it."""

    file: Path
    exchanges: int
    seconds: float
    used: str
    worked: bool
    warnings: Sequence[str]


def stored(scene: Scene, source: Source) -> Stored:
    """Records one scene and stores it, or raises Failed."""
    started = time.monotonic()
    secrets = Secrets(source.keys)
    program, ran, recorder = _recorded(scene, source, secrets)
    heard = settled(recorder.heard)
    must_be_good(scene, ran, heard)
    call = program.plan
    about = [tape.interaction(one, recorder, call.base_url, call.auth.header) for one in heard]
    document = {
        "version": 1,
        "provenance": _provenance(scene, source, program),
        "write": dict(scene.options),
        **({} if scene.everywhere else {"programs": [f"{program.language}/{program.library}"]}),
        "expect": _expected(ran, secrets),
        "interactions": about,
    }
    if secrets.found_in(tape.dumped(document).encode()):
        raise Failed("a part of the key is left in it")
    _must_play(scene, source, program, document)
    file = source.folder / source.gateway / f"{scene.name}.yaml"
    tape.save(file, document)
    warnings = personal(tape.bodies(about))
    return Stored(file, len(about), time.monotonic() - started, ran.last, not ran.code, warnings)


def _recorded(scene: Scene, source: Source, secrets: Secrets) -> tuple[Program, Ran, Recorder]:
    """What the first program that can run here did, and what was heard meanwhile."""
    reasons = []
    for language, library in scene.programs:
        program = make(ProgramRequest(source.gateway, language=language, library=library, **scene.options))
        try:
            with recording(source.upstream + _beyond(program), program.plan.base_url, secrets) as recorder:
                ran = run(program, scene.key, recorder.url)
        except NotOffered as problem:
            reasons.append(str(problem))
            continue
        if recorder.heard or ran.code in scene.exits:
            return program, ran, recorder
        reasons.append(ran.last)  # such as a package that is not installed
    raise Failed("; ".join(dict.fromkeys(reasons)))


def _beyond(program: Program) -> str:
    """What a scene's own --base-url has behind the gateway's."""
    own, usual = (
        urlsplit(one).path.rstrip("/") for one in (program.plan.base_url, load.load_gateway(program.gateway).base_url)
    )
    return own.removeprefix(usual)


def _must_play(scene: Scene, source: Source, program: Program, document: dict[str, Any]) -> None:
    """Failed unless the same program does the same against what was just recorded."""
    name = f"{source.gateway}/{scene.name}"
    with serving(cassette.parsed(document, name)) as replay:
        root = "/" + program.plan.base_url.partition("://")[2].partition("/")[2]
        again = run(program, scene.key, replay.url + root.rstrip("/"), offline=True)
    if replay.misses:
        raise Failed(f"it cannot be played: {replay.misses[0]}")
    if replay.unplayed():
        raise Failed("it cannot be played: a part of it was not asked for again")
    if _expected(again, Secrets({})) != document["expect"]:
        raise Failed(f"played again, the program ended otherwise: {again.last}")


def _expected(ran: Ran, secrets: Secrets) -> dict[str, Any]:
    """What the program did, as far as it can be told from outside."""
    files = {name: len(content) for name, content in ran.files.items()}
    return {
        "exit": ran.code,
        "stdout": secrets.clean(ran.stdout.decode("utf-8", "replace")),
        "last": secrets.clean(ran.last),
        **({"files": files} if files else {}),
    }


def _provenance(scene: Scene, source: Source, program: Program) -> dict[str, Any]:
    return {
        "label": "recorded",
        "source": source.source,
        "date": today(),
        "note": "; ".join(one for one in (source.note, scene.note) if one),
        "mock": source.mock or scene.mock,
        "by": f"{program.language}/{program.library}",
    }


def today() -> str:
    """The day it is, the same everywhere."""
    return datetime.now(timezone.utc).date().isoformat()
