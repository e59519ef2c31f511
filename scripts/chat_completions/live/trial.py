"""Runs a written program against replayed traffic, so that anybody can see it work without a key."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from chat_completions.errors import NotOffered
from chat_completions.live.cassette import Exchange
from chat_completions.live.library import of_gateway
from chat_completions.live.replay import serving
from chat_completions.live.running import environment, interpreter, placed
from chat_completions.shapes import RequestPlan, Snippet

STAND_IN_KEY = "replayed-key"


def prepared(snippet: Snippet, tell: Callable[[str], None]) -> Callable[[], int]:
    """What runs the program in its own interpreter; its output goes where ours goes.

    Calling it returns the program's exit code. Raises NotOffered at once where the gateway has
    no cassettes or the interpreter is missing.
    """
    command, exchanges = interpreter(snippet), of_gateway(snippet.gateway)
    if not exchanges:
        raise NotOffered(
            f"There is no cassette of {snippet.plan.gateway_name} to run against.", "Run the program with your own key."
        )
    return lambda: _run(snippet, command, exchanges, tell)


def _run(snippet: Snippet, command: list[str], exchanges: list[Exchange], tell: Callable[[str], None]) -> int:
    with serving(exchanges, lenient=True, tell=tell) as replay, tempfile.TemporaryDirectory() as folder:
        program = placed(snippet, Path(folder))
        tell(f"--- {snippet.filename} runs against replayed traffic of {snippet.plan.gateway_name} ---")
        sys.stdout.flush()
        own = environment(snippet, STAND_IN_KEY, replay.url + _root(snippet.plan, exchanges))
        code = subprocess.run([*command, str(program)], env=own, check=False).returncode
    scenes = dict.fromkeys(f"{one.label}: {one.scene}" for one in replay.played)
    tell(f"--- exit {code}{'; the reply was ' if scenes else ''}{', '.join(scenes)} ---")
    return code


def _root(call: RequestPlan, exchanges: list[Exchange]) -> str:
    """What stands before the path of the call where it was recorded, whatever --base-url says."""
    usual = urlsplit(call.base_url).path
    roots = [one.path.removesuffix(call.path) for one in exchanges if one.path.endswith(call.path)]
    return usual if usual in roots or not roots else roots[0]
