"""`choose` and `list`: print what is known, without writing a program."""

from collections.abc import Iterator
from typing import Any

import click

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Gateway, ModelFacts
from chat_completions.catalog.gateway_loader import gateway_names, load_gateway
from chat_completions.cli.options import add_format, add_shared_options, as_json, program_request, progress
from chat_completions.errors import BadInput, full_package
from chat_completions.planning.combinations import all_combinations, nearest_options, offered_combinations
from chat_completions.planning.plan import choose_model
from chat_completions.planning.types import ModelChoice

COLUMNS = {
    "gateways": ("gateway", "name", "base_url", "key"),
    "tasks": ("task", "summary"),
    "languages": ("language", "libraries"),
    "models": ("gateway", "model", "guidance", "status"),
    "combinations": ("gateway", "task", "language", "library", "protocol", "stream", "asynchronous"),
    "installed": ("agents", "version", "path"),
}
Row = dict[str, Any]


@click.command("choose")
@add_shared_options
@click.option("--stream", is_flag=True, help="For a streamed answer, the only one that some gateways give.")
@click.option("--all", "everything", is_flag=True, help="Also every other model of the gateway, as a table.")
@add_format
def choose_command(format_: str, everything: bool, **values: Any) -> None:
    """Print the recommended model for a task, the reason and known limitations."""
    request = program_request(values)
    gateway, choice = load_gateway(request.gateway), choose_model(request)
    if format_ == "json":
        facts = gateway.model(choice.model).facts
        of_maker = {"context": facts.context, "makers_price": facts.price}
        data = {**choice._asdict(), "evidence": [evidence._asdict() for evidence in choice.evidence]}
        click.echo(as_json(data | {name: value for name, value in of_maker.items() if value}), nl=False)
        return
    click.echo("\n".join(_describe(choice, gateway)))
    if everything:
        click.echo("\n" + "\n".join(_table(choice, gateway)))


def _describe(choice: ModelChoice, gateway: Gateway) -> Iterator[str]:
    facts, source = gateway.model(choice.model).facts, gateway.model_facts.sources.get("facts")
    origin = f" ({source.source}, {source.date})" if source else ""
    yield from (f"Model: {choice.model}", f"Rule: {choice.rule}", f"Reason: {choice.reason}")
    yield f"Alternatives: {', '.join(choice.alternatives) or 'none'}"
    if facts.context:
        yield f"Context: {_context(facts)} tokens{origin}"
    if facts.price:
        what = "US dollars per million tokens, in / out: the maker's price, a gateway sets its own"
        yield f"Price: {_price(facts)} {what}{origin}"
    yield from (f"Note: {note}" for note in choice.notes)
    for evidence in choice.evidence:
        yield f"Evidence: {evidence.source}, {evidence.date}, confidence {evidence.confidence}"


def _table(choice: ModelChoice, gateway: Gateway) -> Iterator[str]:
    """Yield all models, one a line: which is chosen, context, the maker's price, what it is for, and its end."""
    rows = [("", "model", "context", "maker's price", "for", "status")]
    for model in gateway.models.values():
        rank = "*" if model.id == choice.model else "+" if model.id in choice.alternatives else ""
        facts = model.facts
        rows.append((rank, model.id, _context(facts), _price(facts), model.guidance, facts.status))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield from ("", "* is chosen, + is an alternative. Prices are US dollars per million tokens, in / out.")


def _context(facts: ModelFacts) -> str:
    return f"{facts.context:,}" if facts.context else ""


def _price(facts: ModelFacts) -> str:
    return " / ".join(f"{amount:.2f}" for amount in facts.price)


@click.command("list")
@click.argument("kind", type=click.Choice(list(COLUMNS)))
@click.option("--gateway", help="Only of this gateway.")
@click.option("--all", "everything", is_flag=True, help="Also combinations that are not offered, with the reason.")
@add_format
def list_command(kind: str, gateway: str | None, everything: bool, format_: str) -> None:
    """List what there is, one item a line."""
    rows = list(_rows(kind, gateway, everything=everything))
    if format_ == "json":
        click.echo(as_json(rows), nl=False)
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
            yield {"language": language.id, "libraries": list(language.libraries), "aliases": language.aliases}
    elif kind == "installed":
        with full_package("`list installed`"):
            from chat_completions.cli.install import find_installed
        yield from find_installed()
    else:
        for name in [gateway] if gateway else gateway_names():
            try:
                yield from list(_rows_of_gateway(kind, load_gateway(name), everything=everything))
            except BadInput as problem:  # of the file of one gateway
                if gateway:
                    raise
                progress(f"Left out: {problem}")


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
        for combination in combinations:
            row = {name: getattr(combination, name) for name in COLUMNS["combinations"]}
            if everything:
                nearest = "" if combination.offered else nearest_options(combination, combinations)
                yield {**row, "offered": combination.offered, "reason": combination.reason, "nearest": nearest}
            elif combination.offered:
                yield row


def _used_names(kind: str, gateway: str | None) -> list[str]:
    """Return the names of a kind; of one gateway those that any of its combinations has."""
    used = {getattr(combination, kind) for combination in offered_combinations(gateway)} if gateway else None
    return [name for name in load.names(kind) if used is None or name in used]


def _format(name: str, value: Any) -> str:
    if name == "stream":
        return "stream" if value else "whole"
    if name == "asynchronous":
        return "async" if value else "sync"
    return " ".join(value) if isinstance(value, list) else str(value)
