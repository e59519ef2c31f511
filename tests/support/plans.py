"""Plans of requests, without the program that a template would make of them."""

from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import ProgramRequest, RequestPlan


def plan(request: ProgramRequest) -> RequestPlan:
    """The request that a program would send."""
    return plan_request(resolve(request))[0]


def notes(request: ProgramRequest) -> list[str]:
    """What the user is told about a program."""
    return plan_request(resolve(request))[1]
