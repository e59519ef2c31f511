"""Plan requests and make programs, without the command."""

from typing import Any

from chat_completions.generate import make
from chat_completions.planning.combinations import Combination
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import Program, ProgramRequest, RequestPlan


def plan(request: ProgramRequest) -> RequestPlan:
    """The request that a program would send."""
    return plan_request(resolve(request))[0]


def notes(request: ProgramRequest) -> list[str]:
    """The notes that the user gets."""
    return plan_request(resolve(request))[1]


def make_combination(combination: Combination, **options: Any) -> Program:
    """Return the program of a combination, for the example prompt unless the options say otherwise."""
    names = {name: value for name, value in combination._asdict().items() if name != "reason"}
    return make(ProgramRequest(**names, **options))
