"""A program of every kind, protocol and library is, byte for byte, the one that was reviewed."""

import pytest
from chat_completions.generate import make
from support.cells import GOLDENS, Cell, reviewed


@pytest.mark.parametrize("cell", reviewed(), ids=lambda cell: cell.name)
def test_the_program_is_the_golden_one(cell: Cell, pytestconfig: pytest.Config) -> None:
    code = make(cell.request).code
    if pytestconfig.getoption("--update-goldens"):
        cell.golden.parent.mkdir(parents=True, exist_ok=True)
        cell.golden.write_text(code, encoding="utf-8", newline="")
    assert cell.golden.exists(), "a new program: run `make goldens` and read the difference"
    assert code == cell.golden.read_bytes().decode()


def test_no_golden_is_left_over(pytestconfig: pytest.Config) -> None:
    left_over = {file for file in GOLDENS.rglob("*.*") if file.is_file()} - {cell.golden for cell in reviewed()}
    if pytestconfig.getoption("--update-goldens"):
        for file in left_over:
            file.unlink()
        left_over = set()
    assert left_over == set()
