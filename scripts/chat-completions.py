#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["jinja2>=3.1", "pyyaml>=6", "click>=8.1"]
# ///
"""The skill's entry point: find the three packages it needs and run the command from this folder.

It looks in `vendor/` next to it, then in the interpreter, then starts again through uv, which
downloads them; that step is announced, and nothing else here uses the network.
"""

import gc
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = {"click": "click", "jinja2": "jinja2", "yaml": "pyyaml"}
RESTARTED = "CHAT_COMPLETIONS_RESTARTED"


def run_command() -> None:
    """Run the command with the packages in `vendor/`, else the interpreter's, else through uv."""
    if sys.version_info < (3, 10):  # noqa: UP036 - this file alone is read by an older Python, to say so
        restart_with_uv("Python 3.10 or newer is needed", "install it, or uv")
    gc.set_threshold(100_000)  # most commands end before collecting garbage would pay
    sys.path[:0] = [str(HERE), str(HERE / "vendor")]
    missing = [package for module, package in MODULES.items() if find_spec(module) is None]
    if missing:
        names = " ".join(missing)
        restart_with_uv(f"not installed here: {names}", f"{sys.executable} -m pip install {names}")
    from chat_completions.cli.app import main

    main()


def restart_with_uv(problem: str, remedy: str) -> None:
    """Start again through uv, which brings what is missing; without uv, say what to do."""
    uv = shutil.which("uv")
    if uv is None or RESTARTED in os.environ:
        sys.exit(f"Error: {problem}.\nHint: {remedy}")
    print(f"{problem}: starting again with uv, which may download it", file=sys.stderr, flush=True)
    os.execve(uv, [uv, "run", "--script", __file__, *sys.argv[1:]], {**os.environ, RESTARTED: "1"})  # noqa: S606


if __name__ == "__main__":
    run_command()
