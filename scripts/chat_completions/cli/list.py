"""`list`: print what there is, one item a line."""

import json
from collections.abc import Iterator
from typing import Any

import click

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_loader import gateway_names, load_gateway
from chat_completions.cli.output import progress
from chat_completions.errors import BadInput
from chat_completions.planning.combinations import (
    Combination,
    all_combinations,
    nearest_options,
    offered_combinations,
)

COLUMNS = {
    "gateways": ("gateway", "name", "base_url", "key"),
    "tasks": ("task", "summary"),
    "languages": ("language", "libraries"),
    "models": ("gateway", "model", "guidance", "status"),
    "combinations": ("gateway", "task", "language", "library", "protocol", "stream", "asynchronous"),
    "installed": ("agents", "version", "path"),
}
Row = dict[str, Any]


@click.command("list")
@click.argument("kind", type=click.Choice(list(COLUMNS)))
@click.option("--gateway", help="Only of this gateway.")
@click.option("--all", "everything", is_flag=True, help="Also combinations that are not offered, with the reason.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(kind: str, gateway: str | None, everything: bool, format_: str) -> None:
    """List what there is, one item a line."""
    rows = list(_rows(kind, gateway, everything=everything))
    if format_ == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        refused = ("reason", "nearest") if row.get("offered") is False else ()
        click.echo("\t".join(_format(name, row[name]) for name in (*COLUMNS[kind], *refused)))


def _rows(kind: str, gateway: str | None, *, everything: bool) -> Iterator[Row]:
    """Yield the rows of one kind, in a fixed order."""
    if kind == "tasks":
        for task in map(load.load_task, _used_names("task", gateway)):
            yield {"task": task.id, "summary": task.summary}
    elif kind == "languages":
        for language in map(load.load_language, _used_names("language", gateway)):
            yield {"language": language.id, "libraries": list(language.libraries), "aliases": list(language.aliases)}
    elif kind == "installed":
        from chat_completions.cli.install import find_installed

        yield from find_installed()
    else:
        for loaded in map(load_gateway, [gateway]) if gateway else _readable_gateways():
            yield from _rows_of_gateway(kind, loaded, everything=everything)


def _rows_of_gateway(kind: str, gateway: Gateway, *, everything: bool) -> Iterator[Row]:
    if kind == "gateways":
        key = gateway.auth[0].key_env
        yield {"gateway": gateway.id, "name": gateway.name, "base_url": gateway.base_url, "key": key}
    elif kind == "models":
        for model in gateway.models.values():
            facts = {"guidance": model.guidance, "status": model.facts.status, "note": model.note}
            yield {"gateway": gateway.id, "model": model.id, **facts}
    else:
        combinations = list(all_combinations(gateway))
        for combination in combinations if everything else filter(lambda each: each.offered, combinations):
            row = {name: getattr(combination, name) for name in COLUMNS["combinations"]}
            yield {**row, **_refusal(combination, combinations)} if everything else row


def _readable_gateways() -> Iterator[Gateway]:
    """Yield the gateways whose files can be read; say why another one cannot."""
    for name in gateway_names():
        try:
            gateway = load_gateway(name)
        except BadInput as problem:
            progress(f"Left out: {problem}")
        else:
            yield gateway


def _used_names(kind: str, gateway: str | None) -> list[str]:
    """Return the names of a kind; of one gateway those that any of its combinations has."""
    known = load.names(kind)
    if gateway is None:
        return list(known)
    used = {getattr(combination, kind) for combination in offered_combinations(gateway)}
    return [name for name in known if name in used]


def _refusal(combination: Combination, combinations: list[Combination]) -> Row:
    nearest = "" if combination.offered else nearest_options(combination, combinations)
    return {"offered": combination.offered, "reason": combination.reason, "nearest": nearest}


def _format(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return {"stream": ("whole", "stream"), "asynchronous": ("sync", "async")}[name][value]
    return " ".join(value) if isinstance(value, list) else str(value)
