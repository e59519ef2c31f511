"""Python programs pass mypy's strict check, with everything that a user may bring."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.combinations import offered_combinations
from support.brought import brought
from support.generation import make_combination, of_any_gateway, of_each_kind
from support.variants import Variant, write_variant

# The oldest Python that the programs run on. A cache would be read once.
MYPY = [
    "-m",
    "mypy",
    "--strict",
    "--config-file=",
    "--cache-dir=/dev/null",
    "--python-version=3.10",
    "--no-error-summary",
]
# Their own modules take mypy as long as those of all other libraries.
ONLY_WITH_FULL = ("litellm", "pydantic-ai")


def check(folder: Path) -> str:
    """Return what mypy finds in the programs of a folder."""
    command = [sys.executable, *MYPY, *map(str, folder.glob("*.py"))]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def programs(full: bool) -> Iterator[str]:
    """Yield one program of each kind, or all, and the same with all that a user may bring."""
    combinations = [*offered_combinations(), *of_any_gateway()]
    for combination in combinations if full else of_each_kind(combinations):
        if combination.language == "python" and (full or combination.library not in ONLY_WITH_FULL):
            for facts in ({}, *brought(combination.task).values()):
                try:
                    yield make_combination(combination, **facts).code
                except (BadInput, NotOffered):
                    assert facts  # a second model, where there is none


def test_every_kind_of_program_passes_the_strict_check(tmp_path: Path, full: bool) -> None:
    written = set(programs(full))
    assert len(written) > 500
    for number, code in enumerate(written):
        (tmp_path / f"program_{number}.py").write_text(code, encoding="utf-8")
    assert check(tmp_path) == ""


@pytest.mark.parametrize(("old", "new"), [('print(ask("', 'print(ask(42, "'), ("prompt: str", "prompt")])
def test_a_wrong_type_is_found(old: str, new: str, tmp_path: Path) -> None:
    code = write_variant(Variant("python-requests")).code
    assert old in code
    (tmp_path / "wrong.py").write_text(code.replace(old, new), encoding="utf-8")
    assert "wrong.py" in check(tmp_path)
