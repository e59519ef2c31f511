"""The command as it is installed with the skill."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, str(ROOT / "scripts" / "chat-completions.py")]


def command(
    *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command."""
    environment = {**os.environ, **(env or {})}
    return subprocess.run([*COMMAND, *words], input=stdin, capture_output=True, env=environment, cwd=cwd, check=False)


def written(*words: str, stdin: bytes = b"") -> dict[str, Any]:
    """Return what `write --format json` prints."""
    ran = command("write", *words, "--format", "json", stdin=stdin)
    assert ran.returncode == 0, ran.stderr
    data: dict[str, Any] = json.loads(ran.stdout)
    return data
