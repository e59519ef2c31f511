"""Asks a live gateway whether it accepts the key, which of our models it lists and what credit is left.

A list of models that is given without a key proves nothing about the key; then, and where there is
no list, a question of a few tokens to the cheapest model does.
"""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Auth, Gateway
from chat_completions.catalog.last_check import save_last_check
from chat_completions.catalog.urls import check_base_url
from chat_completions.errors import BadInput, NotOffered
from chat_completions.live.client import Answer, send
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve_request
from chat_completions.planning.types import ProgramRequest, RequestPlan, Variable

FEW = 16  # tokens
KEY_REFUSED, NO_CREDIT, NOT_ALLOWED = 401, 402, 403


class Target(NamedTuple):
    """A gateway, the user's key to it, and where it is asked."""

    gateway: Gateway
    key: str
    address: str


class Report(NamedTuple):
    """What a check saw; None where it could not be seen."""

    gateway: str
    name: str
    address: str
    date: str
    reachable: bool
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
        """Return whether programs will work as things are."""
        return bool(self.accepted) and not self.problem


def find_target(name: str, base_url: str | None) -> Target:
    """Return the gateway with the user's key; BadInput where it or a key that travels with it is not set."""
    gateway = load.load_gateway(name)
    for extra in gateway.extra_keys:
        read_key(extra, gateway.name)
    auth = gateway.auth[0]
    key = read_key(auth, gateway.name)
    address = base_url or os.environ.get(f"{gateway.env_prefix}_BASE_URL", "").strip() or gateway.base_url
    return Target(gateway, key, check_base_url(address, allow_http=gateway.allow_http))


def read_key(auth: Auth, name: str) -> str:
    """Return the key that the variable of a scheme holds; BadInput where it is needed and missing, or no key."""
    key = os.environ.get(auth.key, "").strip() if auth.key else ""
    if not key and auth.key and not auth.optional:
        raise BadInput(f"{auth.key} is not set: {name} needs a key.", f'Set it: export {auth.key}="your-key"')
    if not (key.isascii() and key.isprintable()):
        raise BadInput(f"{auth.key} holds a character that no key has.", "Copy the key again.")
    return key


def check_gateway(target: Target) -> Report:
    """Ask all there is to ask, and keep what was listed for `choose` and `write`."""
    gateway, answer_and_list = target.gateway, _key_and_list(target)
    answer, known_by, listed = answer_and_list
    asks_credit = answer.status and answer.status != KEY_REFUSED
    credit, credit_problem = _credit(target) if asks_credit else ({}, "")
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    # What another address lists says nothing about the gateway's own.
    own_address = target.address == check_base_url(gateway.base_url, allow_http=True)
    seen = {"date": date, "listed": listed, "credits": credit}
    return Report(
        gateway=gateway.id,
        name=gateway.name,
        address=target.address,
        date=date,
        reachable=bool(answer.status),
        accepted=_accepted(answer),
        problem=answer.problem,
        known_by=known_by,
        listed=listed,
        recommended=list(gateway.models),
        credits=credit,
        credit_problem=credit_problem,
        saved=str(save_last_check(gateway.id, seen)) if own_address and listed else "",
    )


def _key_and_list(target: Target) -> tuple[Answer, str, list[str] | None]:
    """Return whether the key works, by what that is known, and the list of models."""
    listing = _plan(target, "models")
    if listing is None:
        return *_ask_question(target), None
    answer = send(listing, target.key)
    listed = None if answer.problem else model_ids(answer.data)
    if target.key and not answer.problem and not send(listing, target.key, with_key=False).problem:
        return *_ask_question(target), listed
    return answer, f"its list of models, {listing.path}", listed


def _ask_question(target: Target) -> tuple[Answer, str]:
    plan = _plan(target, "chat", priority="cost", params={"max_tokens": FEW})
    if plan is None:
        return Answer(0, None, "there is nothing that it could be asked"), ""
    messages = fill_in(plan.messages, {"prompt": plan.prompt})
    values = {"MODEL": plan.model, "prompt": plan.prompt, "messages": messages, "contents": messages}
    answer = send(plan, target.key, fill_in(plan.body, values))
    return answer, f"a question of at most {FEW} tokens to {plan.model}"


def _credit(target: Target) -> tuple[dict[str, Any], str]:
    """Return what is left, as the gateway words it, and why that is not known."""
    plan = _plan(target, "balance")
    if plan is None:
        return {}, ""
    answer = send(plan, target.key)
    if answer.problem:
        return {}, answer.problem
    for path in plan.result_paths:
        *parents, name = path.split(".")
        holder = _follow(answer.data, parents)
        if isinstance(holder, Mapping) and holder.get(name) is not None:
            return {name: "unlimited" if holder.get("unlimited") is True else holder[name]}, ""
    return {}, "the response holds no balance where it should"


def model_ids(data: Any) -> list[str]:
    """Return the ids in a list of models, whatever it is wrapped in."""
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


def fill_in(value: Any, values: Mapping[str, Any]) -> Any:
    """Return a body with the values of its variables."""
    if isinstance(value, Variable):
        return values.get(value.name)
    if isinstance(value, Mapping):
        return {name: fill_in(item, values) for name, item in value.items()}
    return [fill_in(item, values) for item in value] if isinstance(value, (list, tuple)) else value


def _accepted(answer: Answer) -> bool | None:
    if answer.status == KEY_REFUSED:
        return False
    return True if not answer.problem or answer.status in (NO_CREDIT, NOT_ALLOWED) else None


def _plan(target: Target, task: str, **more: Any) -> RequestPlan | None:
    """Return the request of a task, whatever library would send it; None where the gateway has no such task."""
    request = ProgramRequest(target.gateway.id, task=task, base_url=target.address, **more)
    try:
        return plan_request(resolve_request(request, target.gateway))[0]
    except NotOffered:
        return None
