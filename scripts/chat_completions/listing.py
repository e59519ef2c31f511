"""What there is: gateways, tasks, languages, models, and the cells they make together."""

from itertools import product
from typing import Any

from chat_completions import catalog
from chat_completions.errors import NotOffered
from chat_completions.offers import streamed
from chat_completions.shapes import Gateway, Language, Request, Task
from chat_completions.snippet import fitting

COLUMNS = {
    "gateways": ("gateway", "name", "base_url", "key"),
    "tasks": ("task", "summary"),
    "languages": ("language", "libraries"),
    "models": ("gateway", "model", "guidance", "status"),
    "cells": ("gateway", "task", "language", "library", "protocol", "stream"),
    "installed": ("agents", "version", "path"),
}


def rows(kind: str, gateway: str | None, *, everything: bool = False) -> list[dict[str, Any]]:
    """The rows of one kind, in a fixed order; `everything` adds cells that are not offered."""
    gateways = [gateway] if gateway else catalog.names("gateway")
    if kind == "gateways":
        return [_gateway(name) for name in gateways]
    if kind == "tasks":
        return [{"task": name, "summary": catalog.task(name).summary} for name in _offered("task", gateway)]
    if kind == "languages":
        return [_language(name) for name in _offered("language", gateway)]
    if kind == "models":
        return [row for name in gateways for row in _models(name)]
    cells = [_cells(name) for name in gateways]
    if not everything:
        return [_accepted(cell) for some in cells for cell in some if cell["offered"]]
    return [cell if cell["offered"] else {**cell, "nearest": _nearest(cell, some)} for some in cells for cell in some]


def line(kind: str, row: dict[str, Any]) -> str:
    """One row for people, tabs between the columns."""
    extra = ("reason", "nearest") if row.get("offered") is False else ()
    return "\t".join(_cell(row[name]) for name in (*COLUMNS[kind], *extra))


def nearest(request: Request) -> str:
    """The offered cell that is most like a request that is not offered, as options of `write`.

    Nothing where the request's own cell is offered, and something else about it is not.
    """
    language = catalog.language(request.language)
    library = request.library or next(iter(language.libraries))
    known = (catalog.gateway(request.gateway), catalog.task(request.task), language)
    asked = _tried(request._replace(language=language.id, library=library), *known)
    return "" if asked["offered"] else _nearest(asked, _cells(request.gateway))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "stream" if value else "whole"
    return " ".join(value) if isinstance(value, list) else str(value)


def _offered(kind: str, gateway: str | None) -> list[str]:
    """The names of a kind, of one gateway those that any cell of it has."""
    used = {cell[kind] for cell in _cells(gateway) if cell["offered"]} if gateway else catalog.names(kind)
    return [name for name in catalog.names(kind) if name in used]


def _gateway(name: str) -> dict[str, Any]:
    gateway = catalog.gateway(name)
    return {"gateway": gateway.id, "name": gateway.name, "base_url": gateway.base_url, "key": gateway.auth[0].key}


def _language(name: str) -> dict[str, Any]:
    language = catalog.language(name)
    return {"language": name, "libraries": list(language.libraries), "aliases": list(language.aliases)}


def _models(name: str) -> list[dict[str, Any]]:
    gateway = catalog.gateway(name)
    found = []
    for id_, model in gateway.models.items():
        found.append(
            {
                "gateway": gateway.id,
                "model": id_,
                "guidance": model.guidance,
                "status": model.status,
                "note": model.note,
            }
        )
    return found


def _cells(name: str) -> list[dict[str, Any]]:
    """Every combination at a gateway, with whether it is offered, else why not."""
    gateway = catalog.gateway(name)
    tasks = [catalog.task(one) for one in catalog.names("task")]
    languages = [catalog.language(one) for one in catalog.names("language")]
    return [
        _tried(Request(name, task.id, language.id, library.id, protocol, stream), gateway, task, language)
        for task, language in product(tasks, languages)
        for library, stream in product(language.libraries.values(), (False, True))
        for protocol in task.body
    ]


def _tried(request: Request, gateway: Gateway, task: Task, language: Language) -> dict[str, Any]:
    cell = {
        "gateway": gateway.id,
        **{name: getattr(request, name) for name in ("task", "language", "library", "protocol", "stream")},
    }
    try:
        found = fitting(request, gateway, task, language, language.libraries[str(request.library)])
        streamed(request, task, found.protocol)
    except NotOffered as problem:
        return {**cell, "offered": False, "reason": str(problem), "nearest": ""}
    return {**cell, "offered": True, "reason": "", "nearest": ""}


def _nearest(cell: dict[str, Any], cells: list[dict[str, Any]]) -> str:
    """The offered cell that shares most with this one, as options of `write`."""
    weights = {"task": 16, "language": 4, "library": 3, "protocol": 2, "stream": 1}

    def shared(other: dict[str, Any]) -> int:
        return sum(weight for name, weight in weights.items() if cell[name] == other[name])

    near = max((one for one in cells if one["offered"]), key=shared, default=None)
    if near is None:
        return ""
    options: str = " ".join(f"--{name} {near[name]}" for name in ("gateway", "task", "language", "library", "protocol"))
    return options + (" --stream" if near["stream"] else "")


def _accepted(cell: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in cell.items() if name in COLUMNS["cells"]}
