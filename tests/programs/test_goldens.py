"""One program of each language, library and task is, byte for byte, the one that was reviewed."""

from functools import cache
from pathlib import Path

import pytest
from chat_completions.catalog import load
from chat_completions.planning.combinations import Combination, offered_combinations
from support.generation import make_combination

GOLDENS = Path(__file__).resolve().parents[1] / "goldens"
GATEWAYS = ("aitoll", "aireiter", "ainative", "aiclient-2-api")


@cache
def reviewed() -> dict[Path, Combination]:
    """Return the file of each program that is kept to be read: streamed ones of chat and tools, asynchronous of chat."""
    goldens: dict[Path, Combination] = {}
    for combination in [offered for gateway in GATEWAYS for offered in offered_combinations(gateway)]:
        task, language = load.load_task(combination.task), load.load_language(combination.language)
        kind = task.template or task.kind
        if combination.stream and kind not in ("chat", "tools", "chatbot"):
            continue
        if combination.asynchronous and kind != "chat":
            continue
        way = ("-async" if combination.asynchronous else "") + (
            "-stream" if combination.stream and not task.always_streams else ""
        )
        name = f"{kind}{way}.{language.extension}"
        goldens.setdefault(GOLDENS / combination.language / combination.library / name, combination)
    return goldens


def code_of(combination: Combination) -> str:
    """Return the program of a combination."""
    return make_combination(combination).code


@pytest.mark.parametrize("file", reviewed(), ids=lambda file: str(file.relative_to(GOLDENS)))
def test_the_program_is_the_reviewed_one(file: Path, pytestconfig: pytest.Config) -> None:
    code = code_of(reviewed()[file])
    if pytestconfig.getoption("--update-goldens"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8", newline="")
    assert file.exists(), "a new program: run `make goldens` and read the difference"
    assert code == file.read_bytes().decode()


def test_no_reviewed_program_is_left_over(pytestconfig: pytest.Config) -> None:
    left_over = {file for file in GOLDENS.rglob("*.*") if file.is_file()} - set(reviewed())
    if pytestconfig.getoption("--update-goldens"):
        for file in left_over:
            file.unlink()
        left_over = set()
    assert left_over == set()
