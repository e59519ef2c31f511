"""Check a live gateway: whether it accepts the key, which recommended models it lists, how much credit is left.

The list of models proves that the key works, unless it is public. Then, and where there is no list, a prompt of a few
tokens to the cheapest model does.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_file import check_base_url
from chat_completions.catalog.gateway_loader import save_last_check
from chat_completions.catalog.types import JsonObject
from chat_completions.errors import NotOffered
from chat_completions.live.client import Answer, Target, send
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import ProgramRequest, RequestPlan, replace_variables

MAX_TOKENS = 16
KEY_REFUSED, NO_CREDIT, NOT_ALLOWED = 401, 402, 403


class Report(NamedTuple):
    """The result of a check; None for what is not known, as whether a key is accepted when none was sent."""

    gateway: str
    name: str
    address: str
    date: str
    reachable: bool
    key_sent: bool
    accepted: bool | None
    problem: str
    known_by: str
    listed: Sequence[str] | None
    recommended: Sequence[str]
    credits: Mapping[str, Any]
    credit_problem: str
    saved: str

    @property
    def good(self) -> bool:
        """Return whether programs will work."""
        return self.accepted is not False and not self.problem


def check_gateway(target: Target) -> Report:
    """Send all requests of a check, and store the list of models for `choose` and `write`."""
    gateway = target.gateway
    answer, known_by, listed = _key_and_list(target)
    has_access = answer.status and answer.status != KEY_REFUSED
    credit, credit_problem = _credit(target) if has_access else ({}, "")
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    sent = bool(target.key or gateway.extra_keys)
    return Report(
        gateway=gateway.id,
        name=gateway.name,
        address=target.address,
        date=date,
        reachable=bool(answer.status),
        key_sent=sent,
        accepted=_accepted(answer) if sent else None,
        problem=_problem(answer, gateway) if sent or answer.status != KEY_REFUSED else _key_wanted(gateway),
        known_by=known_by,
        listed=listed,
        recommended=list(gateway.models),
        credits=credit,
        credit_problem=credit_problem,
        saved=_save(target, {"date": date, "listed": listed, "credits": credit}),
    )


def _save(target: Target, seen: JsonObject) -> str:
    """Store what a check saw and return where; not where another address than the gateway's own was asked."""
    own_address = target.address == check_base_url(target.gateway.base_url, allow_http=True)
    return str(save_last_check(target.gateway.id, seen)) if own_address and seen["listed"] else ""


def _key_and_list(target: Target) -> tuple[Answer, str, list[str] | None]:
    """Return the answer that shows whether the key works, what was asked, and the list of models."""
    listing = _plan(target, "models")
    if listing is None:
        return *_send_prompt(target), None
    answer = send(listing, target.key)
    listed = None if answer.problem else model_ids(answer.data)
    if target.key and not answer.problem and not send(listing, target.key, with_key=False).problem:
        return *_send_prompt(target), listed
    return answer, f"its list of models, {listing.http.path}", listed


def _send_prompt(target: Target) -> tuple[Answer, str]:
    plan = _short_prompt(target)
    if plan is None:
        return Answer(0, None, "it has no endpoint for a prompt"), ""
    messages = replace_variables(plan.messages, prompt=plan.prompt)
    values = {"MODEL": plan.model, "prompt": plan.prompt, "messages": messages, "contents": messages}
    answer = send(plan, target.key, replace_variables(plan.body, **values))
    return answer, f"a short prompt to {plan.model}"


def _short_prompt(target: Target) -> RequestPlan | None:
    """Return a question to the cheapest model, limited by whatever name the gateway's file lets the limit have."""
    limits: list[dict[str, Any]] = [{"max_tokens": MAX_TOKENS}, {"max_completion_tokens": MAX_TOKENS}, {}]
    plans = (_plan(target, "chat", priority="cost", params=limit) for limit in limits)
    return next((plan for plan in plans if plan), None)


def _credit(target: Target) -> tuple[dict[str, Any], str]:
    """Return the credit by the gateway's own name for it, and the problem where it is not known."""
    plan = _plan(target, "balance")
    if plan is None:
        return {}, ""
    answer = send(plan, target.key)
    if answer.problem:
        return {}, answer.problem
    for path in plan.http.result_paths:
        *parents, name = path.split(".")
        holder = _follow(answer.data, parents)
        if isinstance(holder, Mapping) and holder.get(name) is not None:
            return {name: "unlimited" if holder.get("unlimited") is True else holder[name]}, ""
    return {}, "the response has no balance at the documented path"


def model_ids(data: Any) -> list[str]:
    """Return the ids in a list of models, in any of the usual forms."""
    for name in ("data", "models"):
        if isinstance(data, Mapping) and isinstance(data.get(name), list):
            data = data[name]
    ids = [_model_id(item) for item in data] if isinstance(data, list) else []
    return list(dict.fromkeys(id_.removeprefix("models/") for id_ in ids if id_))


def _model_id(item: Any) -> str:
    if isinstance(item, str):
        return item
    names = [item.get(name) for name in ("id", "name", "model")] if isinstance(item, Mapping) else []
    return next((name for name in names if isinstance(name, str)), "")


def _follow(data: Any, path: Sequence[str]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def _problem(answer: Answer, gateway: Gateway) -> str:
    """Return what is wrong, with what the gateway's file says of such a status (`402`, `HTTP 402`) or message."""
    by_status = {str(answer.status), f"HTTP {answer.status}"}
    hints = (hint for mark, hint in gateway.error_hints.items() if mark in by_status or _is_in(mark, answer.problem))
    hint = next(hints, "") if answer.problem else ""
    return f"{answer.problem}; {hint}" if hint else answer.problem


def _is_in(mark: str, problem: str) -> bool:
    """Return whether a mark is a part of a message; one with a status is not."""
    return not mark.removeprefix("HTTP ").isdecimal() and mark in problem


def _key_wanted(gateway: Gateway) -> str:
    """Return what to do where a gateway refuses a request without a key."""
    name = gateway.auth[0].key_env
    return f"it wants a key: set {name}" if name else "it wants a key: name its variable in the file, in place of none"


def _accepted(answer: Answer) -> bool | None:
    if answer.status == KEY_REFUSED:
        return False
    return True if not answer.problem or answer.status in (NO_CREDIT, NOT_ALLOWED) else None


def _plan(target: Target, task: str, **more: Any) -> RequestPlan | None:
    """Return the request of a task, whatever library would send it; None where the gateway has no such task."""
    request = ProgramRequest(target.gateway.id, task=task, base_url=target.address, **more)
    try:
        return plan_request(resolve(request, target.gateway))[0]
    except NotOffered:
        return None
