"""Run the main part of a written program in this process, where vcrpy sees its requests."""

import io
import logging
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from recording.generator import Program


def run_program(
    program: Program,
    env: dict[str, str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> dict[str, Any]:
    """Run a program in an empty folder; return its exit code, stdout, last line of stderr and the files it saved."""
    file, work = folder / program.filename, folder / "work"
    file.write_text(program.code, encoding="utf-8")
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(sys, "argv", [str(file), *program.arguments])
    monkeypatch.setattr(sys, "stdin", io.StringIO(program.stdin))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    logger = logging.getLogger("__main__")
    handlers = logger.handlers[:]
    capsys.readouterr()
    try:
        code = exit_code(file)
    finally:
        logger.handlers[:] = handlers  # those of the program write to a stderr that ends with the test
    output = capsys.readouterr()
    files = {path.name: path.stat().st_size for path in sorted(work.iterdir())}
    last = output.err.rstrip("\n").rpartition("\n")[2]
    return {"exit": code, "stdout": output.out, "last": last, **({"files": files} if files else {})}


def exit_code(file: Path) -> int:
    """Run the main part; return the exit code that a shell would see."""
    try:
        runpy.run_path(str(file), run_name="__main__")
    except SystemExit as exit_:
        if isinstance(exit_.code, str):
            sys.stderr.write(exit_.code + "\n")
            return 1
        return exit_.code or 0
    return 0
