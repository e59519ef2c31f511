"""Runs a printed program in its own interpreter against the replay."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.load import load_task
from chat_completions.errors import NotOffered
from chat_completions.planning.types import Program
from chat_completions.replay.cassette_store import load_exchanges
from chat_completions.replay.player import Replay
from chat_completions.replay.server import serve

LOOPBACK = "127.0.0.1,localhost"
REPLAY_KEY = "key-of-the-replay"
ORIGINS = {
    "recorded": "a recorded answer of the gateway",
    "documented": "an answer that the gateway's documentation prints",
    "constructed": "an answer built from the gateway's documentation, not recorded",
    "made up": "made up by the replay, in the form of the protocol",
}


def prepare_run(program: Program, gateway: Gateway, tell: Callable[[str], None]) -> Callable[[], int]:
    """Return what runs the program, its output where ours goes; calling it returns the exit code.

    Raises NotOffered at once where the interpreter is missing.
    """
    command = find_interpreter(program)

    def run() -> int:
        exchanges = load_exchanges(gateway.id)
        with serve(exchanges, {gateway.id: gateway}, tell=tell) as replay, tempfile.TemporaryDirectory() as folder:
            file = place_program(program, Path(folder))
            tell(f"--- Running {program.filename} against the replay of {gateway.name}, not the real gateway ---")
            sys.stdout.flush()
            env = environment(program, replay.url)
            arguments, stdin = example_input(program)
            code = subprocess.run([*command, str(file), *arguments], input=stdin, env=env, check=False).returncode
        tell(f"--- Exit code {code}. {describe_answers(replay)} ---")
        return code

    return run


def find_interpreter(program: Program) -> list[str]:
    """Return the command that runs the program; NotOffered where there is none on this machine."""
    name, *rest = program.run.split()
    if program.filename not in rest or "&&" in rest:
        raise NotOffered("--run starts programs; this file belongs into an app.", f"There: {program.run}")
    found = sys.executable if name == "python3" else shutil.which(name)
    if not found:
        raise NotOffered(f"{name} is not on this machine.", f"Install {name}, or choose another --language.")
    return [found, *rest[: rest.index(program.filename)]]


def example_input(program: Program) -> tuple[list[str], bytes | None]:
    """Return the arguments and the stdin of a program that reads prompts; None where it gets ours, as in a terminal."""
    task = load_task(program.plan.task)
    is_terminal = sys.stdin is not None and sys.stdin.isatty()
    if not task.example_input or (is_terminal and not task.arguments):
        return [], None
    return ["-"] * len(task.arguments.split()), "".join(f"{line}\n" for line in task.example_input).encode()


def environment(program: Program, url: str) -> dict[str, str]:
    """Return our environment with the replay's keys and address; what goes to loopback goes there directly."""
    plan = program.plan
    keys = {key.key: REPLAY_KEY for key in (plan.auth, *plan.extra_keys) if key.key}
    address = {plan.base_url_env: url + urlsplit(plan.base_url).path}
    return {**os.environ, **keys, **address, "NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}


def place_program(program: Program, folder: Path) -> Path:
    """Write the program to a file; JavaScript is lent the packages of the current folder."""
    file = folder / program.filename
    file.write_text(program.code, encoding="utf-8")
    installed = Path.cwd() / "node_modules"
    if installed.is_dir():
        (folder / "node_modules").symlink_to(installed, target_is_directory=True)
    return file


def describe_answers(replay: Replay) -> str:
    """Say plainly where the answers came from."""
    if not replay.sources:
        return "The program asked nothing."
    sources = list(dict.fromkeys(replay.sources))
    return f"The answer: {'; '.join(_describe(source) for source in sources)}."


def _describe(source: str) -> str:
    label = "made up" if source.startswith("made up") else source.rpartition("(")[2].rstrip(")")
    return f"{ORIGINS[label]} [{source}]" if label in ORIGINS else source
