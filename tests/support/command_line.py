"""Call the command in this process, or start it as a program."""

import base64
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen, run
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from chat_completions.cli import main

ROOT = Path(__file__).resolve().parents[2]
PIECE = 8  # characters of a key
COMMAND = [sys.executable, str(ROOT / "scripts" / "chat-completions.py")]


def command(
    *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> CompletedProcess[bytes]:
    """Call the command in this process, with streams of its own."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for name in ("stdout", "stderr")}
    fakes: dict[str, Any] = {
        "argv": ["chat-completions", *arguments],
        "stdin": io.TextIOWrapper(io.BytesIO(stdin)),
        **streams,
    }
    before, code = Path.cwd(), 0
    os.chdir(cwd or before)
    try:
        with (
            patch.multiple(sys, **fakes),
            patch.dict(os.environ, env or {}),
        ):
            main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        os.chdir(before)
    for stream in streams.values():
        stream.flush()
    return CompletedProcess(arguments, code, *(stream.buffer.getvalue() for stream in streams.values()))


def command_at(home: Path, *arguments: str, env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
    """Call the command in this process, in a home of its own and without the developer's keys."""
    with patch.dict(os.environ, _environment(home, env), clear=True):
        result = command(*arguments, cwd=home)
    return CompletedProcess(arguments, result.returncode, result.stdout.decode(), result.stderr.decode())


def start_command(home: Path, *arguments: str, env: Mapping[str, str] | None = None) -> "Popen[str]":
    """Start the command as a program, in the same way."""
    return Popen([*COMMAND, *arguments], env=_environment(home, env), cwd=home, text=True, stdout=PIPE, stderr=PIPE)


def run_as_program(*arguments: str, cwd: Path | None = None) -> CompletedProcess[bytes]:
    """Run the command as a program: for what its children print."""
    return run([*COMMAND, *arguments], capture_output=True, cwd=cwd, check=False)


def write_as_json(*arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    """Return what `write --format json` prints."""
    result = command("write", *arguments, "--format", "json", stdin=stdin)
    assert result.returncode == 0, result.stderr
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def _environment(home: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
    return {**kept, "CHAT_COMPLETIONS_HOME": str(home), **(more or {})}


def traces(key: str, text: str) -> list[str]:
    """The forms and pieces of `key` that stand in `text`."""
    return [piece for piece in dict.fromkeys(_pieces(key)) if piece in text]


def _pieces(key: str) -> Iterator[str]:
    for form in _forms(key):
        for start in range(max(1, len(form) - PIECE + 1)):
            yield form[start : start + PIECE]


def _forms(key: str) -> Iterator[str]:
    yield key
    yield quote(key, safe="")
    for before in ("", "a", "ab", "user:"):
        whole = base64.b64encode(f"{before}{key}".encode()).decode()
        # Of the first and last characters some bits belong to the neighbours.
        yield whole[-(-len(before) * 8 // 6) + 1 : -4]
        yield base64.urlsafe_b64encode(f"{before}{key}".encode()).decode()[-(-len(before) * 8 // 6) + 1 : -4]
