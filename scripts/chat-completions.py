#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["jinja2>=3.1", "pyyaml>=6", "click>=8.1"]
# ///
"""The skill's door: finds the three packages it needs and runs the command from this folder.

It looks in `vendor/` beside it, then in the interpreter, then starts again through uv, which
fetches them; that one step is announced, and is all that ever uses the network here.
"""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = {"click": "click", "jinja2": "jinja2", "yaml": "pyyaml"}
HANDED_OVER = "CHAT_COMPLETIONS_HANDED_OVER"


def enter() -> None:
    """Run the command with the packages beside it, else the interpreter's, else through uv."""
    if sys.version_info < (3, 10):  # noqa: UP036 - this file alone is read by an older Python, to say so
        hand_over("Python 3.10 or newer is needed", "install it, or uv")
    sys.path[:0] = [str(HERE), str(HERE / "vendor")]
    lacking = [package for module, package in MODULES.items() if find_spec(module) is None]
    if lacking:
        words = " ".join(lacking)
        hand_over(f"not installed here: {words}", f"{sys.executable} -m pip install {words}")
    from chat_completions.cli import main

    main()


def hand_over(problem: str, remedy: str) -> None:
    """Start again through uv, which brings what is missing; without uv, say what to do."""
    uv = shutil.which("uv")
    if uv is None or HANDED_OVER in os.environ:
        sys.exit(f"Error: {problem}.\nHint: {remedy}")
    print(f"{problem}: handing over to uv, which may download it", file=sys.stderr, flush=True)
    os.execve(uv, [uv, "run", "--script", __file__, *sys.argv[1:]], {**os.environ, HANDED_OVER: "1"})  # noqa: S606


if __name__ == "__main__":
    enter()
