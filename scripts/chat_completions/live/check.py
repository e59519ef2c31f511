"""Asks a live gateway whether it takes the key, which of our models it lists and what credit is left.

A list of models that is given without a key proves nothing of the key; then, and where there is
no list, a question of a few tokens to the cheapest model does.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.last_check import save_last_check
from chat_completions.errors import NotOffered
from chat_completions.live.opening import Opened
from chat_completions.live.questions import Answer, ask, spelled
from chat_completions.live.record import today
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve_request
from chat_completions.planning.types import ProgramRequest, RequestPlan

FEW = 16  # tokens
REFUSED, NO_CREDIT, NOT_ALLOWED = 401, 402, 403


class Report(NamedTuple):
    """What a check saw; None where it could not be seen."""

    gateway: str
    name: str
    address: str
    date: str
    reachable: bool
    accepted: bool | None
    problem: str
    by: str
    listed: Sequence[str] | None
    ours: Sequence[str]
    credits: Mapping[str, Any]
    credit_problem: str
    saved: str

    @property
    def good(self) -> bool:
        """Whether programs will work as things are."""
        return bool(self.accepted) and not self.problem


def checked(one: Opened) -> Report:
    """Asks all there is to ask, and keeps what it saw for `choose` and `write`."""
    answer, by, listed = _key_and_list(one)
    credit, credit_problem = _credit(one) if answer.status and answer.status != REFUSED else ({}, "")
    report = Report(
        gateway=one.gateway.id,
        name=one.gateway.name,
        address=one.address,
        date=today(),
        reachable=bool(answer.status),
        accepted=_accepted(answer),
        problem=answer.problem,
        by=by,
        listed=listed,
        ours=list(one.gateway.models),
        credits=credit,
        credit_problem=credit_problem,
        saved="",
    )
    if one.own or not listed:  # what another address lists says nothing of the gateway's own
        return report
    seen = {"date": report.date, "listed": list(listed), "credits": dict(credit)}
    return report._replace(saved=str(save_last_check(one.gateway.id, seen)))


def _key_and_list(one: Opened) -> tuple[Answer, str, list[str] | None]:
    """Whether the key works, by what that is known, and the list of models."""
    listing = _call(one, "models")
    if listing is None:
        return *_question(one), None
    answer = ask(listing, one.key)
    by, listed = f"its list of models, {listing.path}", None if answer.problem else ids(answer.data)
    if not answer.problem and not ask(listing, one.key, with_key=False).problem:
        return *_question(one), listed
    return answer, by, listed


def _question(one: Opened) -> tuple[Answer, str]:
    call = _call(one, "chat", priority="cost", params={"max_tokens": FEW})
    if call is None:
        return Answer(0, None, "there is nothing that it could be asked"), ""
    turns = spelled(call.messages, {"prompt": call.prompt})
    words = {"MODEL": call.model, "prompt": call.prompt, "messages": turns, "contents": turns}
    answer = ask(call, one.key, spelled(call.body, words))
    return answer, f"a question of at most {FEW} tokens to {call.model}"


def _credit(one: Opened) -> tuple[dict[str, Any], str]:
    """What is left, as the gateway words it, and why that is not known."""
    call = _call(one, "balance")
    if call is None:
        return {}, ""
    answer = ask(call, one.key)
    if answer.problem:
        return {}, answer.problem
    for path in call.result_paths:
        value, within = _at(answer.data, path)
        if value is not None:
            unlimited = isinstance(within, dict) and within.get("unlimited") is True
            return {path.rpartition(".")[2]: "unlimited" if unlimited else value}, ""
    return {}, "the reply holds no balance where it should"


def ids(data: Any) -> list[str]:
    """The ids in a list of models, whatever it is wrapped in."""
    for name in ("data", "models"):
        if isinstance(data, dict) and isinstance(data.get(name), list):
            data = data[name]
    found = [one if isinstance(one, str) else _id(one) for one in data] if isinstance(data, list) else []
    return list(dict.fromkeys(one.removeprefix("models/") for one in found if one))


def _id(item: Any) -> str:
    names = ("id", "name", "model")
    return next((item[name] for name in names if isinstance(item, dict) and isinstance(item.get(name), str)), "")


def _at(data: Any, path: str) -> tuple[Any, Any]:
    """The value at a dotted path, and what it sits in."""
    within = None
    for step in path.split("."):
        within, data = data, data.get(step) if isinstance(data, dict) else None
    return data, within


def _accepted(answer: Answer) -> bool | None:
    if answer.status == REFUSED:
        return False
    return True if not answer.problem or answer.status in (NO_CREDIT, NOT_ALLOWED) else None


def _call(one: Opened, task: str, **more: Any) -> RequestPlan | None:
    """The request of a task, whatever library would write it; None where the gateway has no such."""
    asked = ProgramRequest(one.gateway.id, task=task, base_url=one.address, **more)
    try:
        return plan_request(resolve_request(asked, one.gateway))[0]
    except NotOffered:
        return None
