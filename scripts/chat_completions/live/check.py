"""Check a live gateway: whether it accepts the key, which recommended models it lists, how much credit is left.

The list of models proves that the key works, unless it is public. Then, and where there is no list, a prompt of a few
tokens to the cheapest model does.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_file import check_base_url
from chat_completions.catalog.types import JsonObject
from chat_completions.errors import BadInput, NotOffered
from chat_completions.live.client import Answer, Target, send
from chat_completions.paths import last_check_file, replace_file
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import ProgramRequest, RequestPlan, replace_variables

MAX_TOKENS = 16
KEY_REFUSED, NO_CREDIT, NOT_ALLOWED = 401, 402, 403


class Report(NamedTuple):
    """The result of a check; None for what is not known, as whether a key is accepted when none was sent."""

    gateway: str
    address: str
    date: str
    ok: bool  # programs will work
    reachable: bool
    key_sent: bool
    key_accepted: bool | None
    known_by: str
    problem: str
    models: Mapping[str, Sequence[str] | None]
    credits: Mapping[str, Any]
    credits_problem: str
    saved: str


def check_gateway(target: Target) -> Report:
    """Send all requests of a check, and store the list of models for `choose` and `write`."""
    gateway = target.gateway
    answer, known_by, listed = _key_and_list(target)
    has_access = answer.status and answer.status != KEY_REFUSED
    credit, credits_problem = _credit(target) if has_access else ({}, "")
    key_sent = bool(target.key or gateway.extra_keys)
    accepted = _is_accepted(answer) if key_sent else None
    problem = _problem(answer, gateway, key_sent=key_sent)
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    return Report(
        gateway=gateway.id,
        address=target.address,
        date=date,
        ok=accepted is not False and not problem,
        reachable=bool(answer.status),
        key_sent=key_sent,
        key_accepted=accepted,
        known_by=known_by,
        problem=problem,
        models=_compare(gateway, listed),
        credits=credit,
        credits_problem=credits_problem,
        saved=_save(target, {"date": date, "listed": listed, "credits": credit}),
    )


def _compare(gateway: Gateway, listed: Sequence[str] | None) -> dict[str, Sequence[str] | None]:
    """Return the models that a gateway lists, None without a list, and which of those known here are among them."""
    known = gateway.models if listed is not None else ()
    return {
        "listed": listed,
        "recommended_listed": [model for model in known if model in (listed or ())],
        "recommended_missing": [model for model in known if model not in (listed or ())],
    }


def _save(target: Target, result: JsonObject) -> str:
    """Store the result and return where; nothing is stored where another address was named with --base-url."""
    is_own_address = target.address == check_base_url(target.gateway.base_url, allow_http=True)
    if not is_own_address or not result["listed"]:
        return ""
    file = last_check_file(target.gateway.id)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, json.dumps(result, ensure_ascii=False, indent=2).encode() + b"\n")
    except OSError as problem:
        reason = f"{str(file)!r} cannot be written: {problem.strerror}."
        raise BadInput(reason, "Set CHAT_COMPLETIONS_HOME.") from problem
    return str(file)


def _key_and_list(target: Target) -> tuple[Answer, str, list[str] | None]:
    """Return the answer that shows whether the key works, which request got it, and the list of models."""
    list_plan = _plan(target, "models")
    if list_plan is None:
        return *_send_prompt(target), None
    answer = send(list_plan, target.key)
    listed = None if answer.problem else _model_ids(answer.data)
    if target.key and not answer.problem and not send(list_plan, target.key, with_key=False).problem:
        return *_send_prompt(target), listed
    return answer, f"its list of models, {list_plan.http.path}", listed


def _send_prompt(target: Target) -> tuple[Answer, str]:
    """Ask the cheapest model, limited by whatever name the gateway's file lets the limit have."""
    limits: list[dict[str, Any]] = [{"max_tokens": MAX_TOKENS}, {"max_completion_tokens": MAX_TOKENS}, {}]
    plans = (_plan(target, "chat", priority="cost", params=limit) for limit in limits)
    plan = next(filter(None, plans), None)
    if plan is None:
        return Answer(0, None, "it has no endpoint for a prompt"), ""
    messages = replace_variables(plan.messages, prompt=plan.prompt)
    values = {"MODEL": plan.model, "prompt": plan.prompt, "messages": messages, "contents": messages}
    answer = send(plan, target.key, replace_variables(plan.body, **values))
    return answer, f"a short prompt to {plan.model}"


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
        holder = answer.data
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, Mapping) else None
        if isinstance(holder, Mapping) and holder.get(name) is not None:
            return {name: "unlimited" if holder.get("unlimited") is True else holder[name]}, ""
    return {}, "the response has no balance at the documented path"


def _model_ids(data: Any) -> list[str]:
    """Return the ids in a list of models, in any of the usual forms."""
    for name in ("data", "models"):
        if isinstance(data, Mapping) and isinstance(data.get(name), list):
            data = data[name]
    ids = []
    for item in data if isinstance(data, list) else ():
        names = [item.get(name) for name in ("id", "name", "model")] if isinstance(item, Mapping) else [item]
        name = next((name for name in names if isinstance(name, str) and name), "")
        ids += [name.removeprefix("models/")] if name else []
    return list(dict.fromkeys(ids))


def _problem(answer: Answer, gateway: Gateway, *, key_sent: bool) -> str:
    """Return what is wrong, with what the gateway's file says of such a status (`402`, `HTTP 402`) or message."""
    if answer.status == KEY_REFUSED and not key_sent:
        name = gateway.auth[0].key_env
        return f"it needs a key: {f'set {name}' if name else 'name its variable in the file, in place of none'}"
    for mark, hint in gateway.error_hints.items() if answer.problem else ():
        status = mark.removeprefix("HTTP ")
        if status == str(answer.status) if status.isdecimal() else mark in answer.problem:
            return f"{answer.problem}; {hint}"
    return answer.problem


def _is_accepted(answer: Answer) -> bool | None:
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
