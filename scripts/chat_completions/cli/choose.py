"""`choose`: print the model that `write` would use, and why."""

from collections.abc import Iterator
from typing import Any

import click

from chat_completions.catalog.gateway import Gateway, ModelFacts
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.cli import options, output
from chat_completions.planning.plan import choose_model
from chat_completions.planning.types import ModelChoice


@click.command("choose")
@options.add_shared_options
@click.option("--all", "everything", is_flag=True, help="Also every other model of the gateway, as a table.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(format_: str, everything: bool, **values: Any) -> None:
    """Print the recommended model for a task, the reason and known limitations."""
    request = options.program_request(values)
    gateway, choice = load_gateway(request.gateway), choose_model(request)
    if format_ == "json":
        click.echo(_as_json(choice, gateway), nl=False)
        return
    click.echo("\n".join(_lines(choice, gateway)))
    if everything:
        click.echo("\n" + "\n".join(_table(choice, gateway)))


def _as_json(choice: ModelChoice, gateway: Gateway) -> str:
    facts = gateway.model(choice.model).facts
    return output.as_json(
        {
            "model": choice.model,
            "rule": choice.rule,
            "reason": choice.reason,
            "alternatives": list(choice.alternatives),
            "notes": list(choice.notes),
            "evidence": [evidence._asdict() for evidence in choice.evidence],
            **({"context": facts.context} if facts.context else {}),
            **({"makers_price": list(facts.price)} if facts.price else {}),
        }
    )


def _lines(choice: ModelChoice, gateway: Gateway) -> Iterator[str]:
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
        rank = (model.id == choice.model and "*") or (model.id in choice.alternatives and "+") or ""
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
