"""The linters, on what we write and on what we emit; and nothing generated is stale."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOLDENS = Path(__file__).resolve().parent / "goldens"

ROOT = Path(__file__).resolve().parents[1]
# What a program of sixty lines may do: print, be without docstring sections, use short names.
EMITTED = "E,F,W,B,I,UP,SIM,RET,PIE,S,ASYNC"
# A batch reads its file of prompts before it asks and appends a line at a time.
NOT_EMITTED = "ASYNC230,ASYNC240,B904,E501,RET503,S310,S603"


def clean(*command: str) -> None:
    """Run a linter; its output is the failure."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def python(module: str, *arguments: str) -> None:
    clean(sys.executable, "-m", module, *arguments)


def test_ruff() -> None:
    python("ruff", "check", ".")
    python("ruff", "format", "--check", ".")


def test_mypy() -> None:
    python("mypy", "scripts/chat_completions", "tools", "tests")


def test_written_python_is_clean() -> None:
    files = [str(file) for file in GOLDENS.rglob("*.py")]
    assert files
    python(
        "ruff",
        "check",
        "--isolated",
        "--line-length",
        "120",
        "--target-version",
        "py310",
        *("--select", EMITTED, "--ignore", NOT_EMITTED, *files),
    )


def test_written_javascript_is_clean() -> None:
    for file in sorted(GOLDENS.rglob("*.mjs")):
        clean("node", "--check", str(file))


def test_written_shell_is_clean() -> None:
    files = [str(file) for file in GOLDENS.rglob("*.sh")]
    assert files
    clean(str(Path(sys.executable).with_name("shellcheck")), "--shell=bash", *files, str(ROOT / ".ci" / "run"))


def test_references_are_not_stale() -> None:
    clean(sys.executable, "tools/make_references.py", "--check")


def test_no_path_of_a_machine_and_no_registry_stands_in_a_file() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not listed and os.environ.get("CI") != "true":
        pytest.skip("not a git checkout")
    for name in listed:
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for mark in ("/wo" + "rk/", "registry.npm" + "js", "pypi.o" + "rg"):
            assert mark not in text, (name, mark)
