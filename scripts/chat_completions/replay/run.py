"""Runs a printed program in its own interpreter, against an address of ours or against replayed traffic."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from chat_completions.errors import NotOffered
from chat_completions.planning.types import Program, RequestPlan
from chat_completions.replay.cassette import Exchange
from chat_completions.replay.cassette_store import of_gateway
from chat_completions.replay.server import serving

LOOPBACK = "127.0.0.1,localhost"
STAND_IN_KEY = "replayed-key"
NOWHERE = dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"], "http://127.0.0.1:9")


class Ran(NamedTuple):
    """What became of a program; `files` are those it saved."""

    code: int
    stdout: bytes
    stderr: str
    files: Mapping[str, bytes]

    @property
    def last(self) -> str:
        """The last line it wrote to stderr: what it used, or why it failed."""
        return self.stderr.rstrip("\n").rpartition("\n")[2]


def interpreter(program: Program) -> list[str]:
    """The command that runs the program; NotOffered where there is none on this machine."""
    name, *rest = program.run.split()
    if rest != [program.filename]:
        raise NotOffered("--run starts programs; this file belongs into an app.", f"There: {program.run}")
    found = sys.executable if name == "python3" else shutil.which(name)
    if not found:
        raise NotOffered(f"{name} is not on this machine.", f"Install {name}, or choose another --language.")
    return [found]


def environment(program: Program, key: str, base_url: str) -> dict[str, str]:
    """Ours, with this key and address; what goes to loopback goes there directly."""
    own = {program.plan.auth.key: key, program.plan.base_url_env: base_url, "NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}
    return {**os.environ, **own}


def run(program: Program, key: str, base_url: str, *, offline: bool = False) -> Ran:
    """Runs the program in an empty folder and keeps all it did; `offline`, it reaches this machine only."""
    command = interpreter(program)
    with tempfile.TemporaryDirectory() as name:
        folder, work = Path(name), Path(name) / "work"
        work.mkdir()
        file = placed(program, folder)
        ran = subprocess.run(
            [*command, str(file)],
            cwd=work,
            env={**environment(program, key, base_url), **(NOWHERE if offline else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        files = {file.name: file.read_bytes() for file in sorted(work.iterdir()) if file.is_file()}
    return Ran(ran.returncode, ran.stdout, ran.stderr.decode("utf-8", "replace"), files)


def placed(program: Program, folder: Path) -> Path:
    """The program as a file; JavaScript is lent the packages of the current folder."""
    file = folder / program.filename
    file.write_text(program.code, encoding="utf-8")
    installed = Path.cwd() / "node_modules"
    if installed.is_dir():
        (folder / "node_modules").symlink_to(installed, target_is_directory=True)
    return file


def prepare_run(program: Program, tell: Callable[[str], None]) -> Callable[[], int]:
    """What runs the program in its own interpreter; its output goes where ours goes.

    Calling it returns the program's exit code. Raises NotOffered at once where the gateway has
    no cassettes or the interpreter is missing.
    """
    command, exchanges = interpreter(program), of_gateway(program.gateway)
    if not exchanges:
        raise NotOffered(
            f"There is no cassette of {program.plan.gateway_name} to run against.", "Run the program with your own key."
        )
    return lambda: _run(program, command, exchanges, tell)


def _run(program: Program, command: list[str], exchanges: list[Exchange], tell: Callable[[str], None]) -> int:
    with serving(exchanges, lenient=True, tell=tell) as replay, tempfile.TemporaryDirectory() as folder:
        file = placed(program, Path(folder))
        tell(f"--- {program.filename} runs against replayed traffic of {program.plan.gateway_name} ---")
        sys.stdout.flush()
        own = environment(program, STAND_IN_KEY, replay.url + _root(program.plan, exchanges))
        code = subprocess.run([*command, str(file)], env=own, check=False).returncode
    scenes = dict.fromkeys(f"{one.label}: {one.scene}" for one in replay.played)
    tell(f"--- exit {code}{'; the reply was ' if scenes else ''}{', '.join(scenes)} ---")
    return code


def _root(call: RequestPlan, exchanges: list[Exchange]) -> str:
    """What stands before the path of the call where it was recorded, whatever --base-url says."""
    usual = urlsplit(call.base_url).path
    roots = [one.path.removesuffix(call.path) for one in exchanges if one.path.endswith(call.path)]
    return usual if usual in roots or not roots else roots[0]
