"""The machine's process list, as `ps` would show it to anyone."""

import contextlib
import subprocess
from pathlib import Path

PROC = Path("/proc")


def command_lines() -> frozenset[bytes]:
    """The command lines of all processes at this moment."""
    if not PROC.is_dir():
        listed = subprocess.run(["ps", "-axo", "command"], capture_output=True, check=False)
        return frozenset(listed.stdout.splitlines())
    found = set()
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                found.add((folder / "cmdline").read_bytes())
    return frozenset(found)
