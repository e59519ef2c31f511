"""Picks a model: the first row of the decision table that fits, with its reason."""

from collections.abc import Sequence

from chat_completions.errors import BadInput, NotOffered, nearest
from chat_completions.shapes import Choice, Evidence, Facts, Gateway, Model, Request, Row, Task

SLIP = 0.8  # so alike are two ids of which one was meant for the other


def choose(request: Request, gateway: Gateway, task: Task, protocol: str, table: Sequence[Row]) -> Choice:
    """The model of the request, or of the deciding row, with caveats and evidence.

    Raises NotOffered when no row's role is filled by the gateway on this protocol.
    """
    if request.model is not None:
        return _named(request.model, gateway, task, protocol)
    facts = {"kind": task.kind, "priority": request.priority}
    for row in table:
        role = gateway.roles.get(protocol, {}).get(row.role)
        if role and all(facts[name] in values for name, values in row.when.items()):
            return _by_row(row, role, gateway, task, protocol)
    raise NotOffered(
        f"{gateway.name} has no model for {task.id!r} on {protocol!r}.",
        f"Name one with --model; known here: {', '.join(gateway.models) or 'none'}.",
    )


def _by_row(row: Row, role: Facts, gateway: Gateway, task: Task, protocol: str) -> Choice:
    model, *alternatives = _listed_first(role["models"], gateway)
    return Choice(
        model=model,
        row=row.id,
        because=row.because,
        alternatives=tuple(alternatives),
        caveats=[
            *_unlisted(role["models"], gateway),
            *_caveats(gateway, gateway.model(model), task, protocol),
            *(caveat for one in alternatives[:1] for caveat in _life(gateway.model(one))),
        ],
        evidence=_evidence(gateway, gateway.model(model), role.get("source", "")),
    )


def _named(id_: str, gateway: Gateway, task: Task, protocol: str) -> Choice:
    model, caveats = gateway.model(id_), []
    if id_ not in gateway.models:
        slip = nearest(id_, gateway.models, SLIP)
        if gateway.models_complete and slip:
            raise BadInput(
                f"{gateway.name} has no model called {id_!r}.",
                f"Did you mean {slip!r}? A model that is new there needs a gateway file of your own.",
            )
        caveats.append("this id is not among the models we know of here: check it with the gateway")
    return Choice(
        model=id_,
        row="named",
        because="you named it",
        alternatives=(),
        caveats=[*caveats, *_unlisted([id_], gateway), *_caveats(gateway, model, task, protocol)],
        evidence=_evidence(gateway, model, ""),
    )


def _caveats(gateway: Gateway, model: Model, task: Task, protocol: str) -> list[str]:
    found = [model.note] if model.note else []
    if model.protocols and protocol not in model.protocols:
        if protocol != model.seed_protocol:
            raise NotOffered(
                f"{gateway.name} serves {model.id} on {', '.join(model.protocols)}, not on {protocol}.",
                "Leave --model out to get the table's choice.",
            )
        found.append(gateway.protocol_caveat)
    found += _life(model)
    upstream = model.upstream
    found += [f"{model.id} takes no {name}" for name in upstream.get("rejects", ())]
    found += [f"{model.id} takes {' or '.join(pair)}, not both" for pair in upstream.get("not_both", ())]
    if task.id in gateway.undocumented:
        found.append(f"{task.id} is not documented by {gateway.name}")
    return [*found, *gateway.caveats]


def _listed_first(models: Sequence[str], gateway: Gateway) -> list[str]:
    """The models in the table's order, but those that the gateway listed to the user go first."""
    listed = gateway.seen.get("listed")
    return sorted(models, key=lambda one: one not in listed) if listed else list(models)


def _unlisted(models: Sequence[str], gateway: Gateway) -> list[str]:
    """What the user's own check says against these models, and what it changed."""
    listed = gateway.seen.get("listed")
    gone = [one for one in models if listed and one not in listed]
    if not gone:
        return []
    said = f"{gateway.name} did not list {' and '.join(gone)} when you checked it on {gateway.seen['date']}"
    demoted = models[0] in gone and len(gone) < len(models)
    return [f"{said}, so {_listed_first(models, gateway)[0]} goes first" if demoted else said]


def _evidence(gateway: Gateway, model: Model, source: str) -> list[Evidence]:
    """Who says so: the role's source first, then the model's, then the maker's."""
    named = dict.fromkeys(name for name in (source, model.source) if name in gateway.sources)
    own = [Evidence("your own check of the gateway", gateway.seen["date"], "high")] if gateway.seen else []
    found = [*own, *(gateway.sources[name] for name in named)]
    if {"retired", "ends"} & set(model.upstream):
        found.append(gateway.upstream_sources["life"])
    if {"rejects", "not_both"} & set(model.upstream):
        found.append(gateway.upstream_sources["facts"])
    return found


def _life(model: Model) -> list[str]:
    """When the model's maker switched it off, or will."""
    upstream = model.upstream
    successor = f"; its successor is {upstream['successor']}" if "successor" in upstream else ""
    if "retired" in upstream:
        return [f"its maker retired {model.id} on {upstream['retired']}{successor}: the gateway may still serve it"]
    return [f"its maker switches {model.id} off on {upstream['ends']}{successor}"] if "ends" in upstream else []
