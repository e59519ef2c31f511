"""Runs a written program against replayed traffic, so that anybody can see it work without a key."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from chat_completions.errors import NotOffered
from chat_completions.live.cassette import Exchange, read
from chat_completions.live.replay import serving
from chat_completions.paths import cassettes
from chat_completions.shapes import Call, Snippet

STAND_IN_KEY = "replayed-key"


def prepared(snippet: Snippet, tell: Callable[[str], None]) -> Callable[[], int]:
    """What runs the program in its own interpreter; its output goes where ours goes.

    Calling it returns the program's exit code. Raises NotOffered at once where the gateway has
    no cassettes or the interpreter is missing.
    """
    command, exchanges = _command(snippet), _exchanges(snippet.call)
    return lambda: _run(snippet, command, exchanges, tell)


def _run(snippet: Snippet, command: list[str], exchanges: list[Exchange], tell: Callable[[str], None]) -> int:
    with serving(exchanges, lenient=True, tell=tell) as replay, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / snippet.filename
        file.write_text(snippet.code, encoding="utf-8")
        _lend_packages(Path(folder))
        tell(f"--- {snippet.filename} runs against replayed traffic of {snippet.call.title} ---")
        sys.stdout.flush()
        own = {snippet.call.auth.key: STAND_IN_KEY, snippet.call.base_env: replay.url + _root(snippet.call, exchanges)}
        code = subprocess.run([*command, str(file)], env={**os.environ, **own}, check=False).returncode
    for exchange in replay.played:
        tell(f"--- exit {code}; the reply was {exchange.label}: {exchange.scene} ---")
    return code


def _root(call: Call, exchanges: list[Exchange]) -> str:
    """What stands before the path of the call where it was recorded, whatever --base-url says."""
    ends = (one.path.removesuffix(call.path) for one in exchanges if one.path.endswith(call.path))
    return next(ends, urlsplit(call.base_url).path)


def _exchanges(call: Call) -> list[Exchange]:
    found = [one for file in sorted((cassettes() / call.gateway).glob("*.yaml")) for one in read(file)]
    if not found:
        raise NotOffered(f"There is no cassette of {call.title} to run against.", "Run the program with your own key.")
    return found


def _command(snippet: Snippet) -> list[str]:
    name, *rest = snippet.run.split()
    if rest != [snippet.filename]:
        raise NotOffered("--run starts programs; this file belongs into an app.", f"There: {snippet.run}")
    found = sys.executable if name == "python3" else shutil.which(name)
    if not found:
        raise NotOffered(f"{name} is not on this machine.", f"Install {name}, or choose another --language.")
    return [found]


def _lend_packages(folder: Path) -> None:
    """JavaScript looks for packages beside the program: lend it those of the current folder."""
    installed = Path.cwd() / "node_modules"
    if installed.is_dir():
        (folder / "node_modules").symlink_to(installed, target_is_directory=True)
