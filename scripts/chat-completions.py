#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["jinja2>=3.1", "pyyaml>=6", "click>=8.1"]
# ///
"""The skill's door: finds the three packages it needs and runs the command from this folder."""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = "jinja2 pyyaml click"
HANDED_OVER = "CHAT_COMPLETIONS_HANDED_OVER"


def enter() -> None:
    """Run the command with the packages beside it, else the interpreter's, else through uv."""
    sys.path[:0] = [str(HERE), str(HERE / "vendor")]
    try:
        from chat_completions.cli import main
    except ModuleNotFoundError as missing:
        hand_over(missing.name or "a package")
    else:
        main()


def hand_over(missing: str) -> None:
    """Start again through uv, which brings the packages; without uv, say what to install."""
    uv = shutil.which("uv")
    if uv is None or HANDED_OVER in os.environ:
        sys.exit(f"Error: {missing} is not installed.\nHint: {sys.executable} -m pip install {PACKAGES}")
    print(f"{missing} is not installed: handing over to uv", file=sys.stderr)
    os.execve(uv, [uv, "run", "--script", __file__, *sys.argv[1:]], {**os.environ, HANDED_OVER: "1"})  # noqa: S606


if __name__ == "__main__":
    enter()
