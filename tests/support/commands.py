"""Runs the command as a user would, in a home of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOOR = [sys.executable, str(ROOT / "scripts" / "chat-completions.py")]


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, without any key or gateway of the developer's."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
    return {**kept, "CHAT_COMPLETIONS_HOME": str(home), **(more or {})}


def command(*words: str, home: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """What the command did."""
    return subprocess.run(
        [*DOOR, *words], env=environment(home, env), cwd=home, capture_output=True, text=True, check=False, timeout=120
    )


def started(*words: str, home: Path, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """The command, running."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*DOOR, *words], env=environment(home, env), cwd=home, text=True, **pipes)  # type: ignore[call-overload, no-any-return]
