"""The programs of the combinations that are offered."""

from typing import Any

from chat_completions.generate import make
from chat_completions.planning.combinations import Combination
from chat_completions.planning.types import Program, ProgramRequest


def make_combination(combination: Combination, **options: Any) -> Program:
    """Return the program of a combination, for the example prompt unless the options say otherwise."""
    names = {name: value for name, value in combination._asdict().items() if name != "reason"}
    return make(ProgramRequest(**names, **options))
