"""`choose`: print the model that `write` would use, and why."""

from collections.abc import Sequence
from typing import Any

import click

from chat_completions.catalog.gateway import Model, ModelFacts
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
    choice = choose_model(request)
    click.echo(_as_json(choice) if format_ == "json" else _as_text(choice), nl=False)
    if everything and format_ == "text":
        models = list(load_gateway(request.gateway).models.values())
        click.echo("\n" + _model_table(models, choice), nl=False)


def _as_json(choice: ModelChoice) -> str:
    """Return a choice as one JSON object."""
    return output.as_json(
        {
            "model": choice.model,
            "rule": choice.rule,
            "reason": choice.reason,
            "alternatives": list(choice.alternatives),
            "notes": list(choice.notes),
            "evidence": [evidence._asdict() for evidence in choice.evidence],
            **({"context": choice.facts.context} if choice.facts.context else {}),
            **({"makers_price": list(choice.facts.price)} if choice.facts.price else {}),
        }
    )


def _as_text(choice: ModelChoice) -> str:
    """Return a choice as a few lines."""
    lines = [f"Model: {choice.model}", f"Rule: {choice.rule}", f"Reason: {choice.reason}"]
    lines.append(f"Alternatives: {', '.join(choice.alternatives) or 'none'}")
    lines += _facts_lines(choice)
    lines += [f"Note: {note}" for note in choice.notes]
    lines += [
        f"Evidence: {evidence.source}, {evidence.date}, confidence {evidence.confidence}"
        for evidence in choice.evidence
    ]
    return "\n".join(lines) + "\n"


def _model_table(models: Sequence[Model], choice: ModelChoice) -> str:
    """Return all models, one a line: which is chosen, context, the maker's price, what it is for, and its end."""
    rows = [("", "model", "context", "maker's price", "for", "status")]
    for model in models:
        rank = (model.id == choice.model and "*") or (model.id in choice.alternatives and "+") or ""
        facts = model.facts
        rows.append((rank, model.id, _context(facts), _price(facts), model.guidance, facts.status))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return (
        "\n".join([*lines, "", "* is chosen, + is an alternative. Prices are US dollars per million tokens, in / out."])
        + "\n"
    )


def _facts_lines(choice: ModelChoice) -> list[str]:
    """Return context and list price of the model, with where they were read; nothing where they are not known."""
    facts, source = choice.facts, choice.facts_source
    origin = f" ({source.source}, {source.date})" if source else ""
    lines = [f"Context: {_context(facts)} tokens{origin}"] if facts.context else []
    price = f"Price: {_price(facts)} US dollars per million tokens, in / out: the maker's price, a gateway sets its own"
    return [*lines, f"{price}{origin}"] if facts.price else lines


def _context(facts: ModelFacts) -> str:
    return f"{facts.context:,}" if facts.context else ""


def _price(facts: ModelFacts) -> str:
    return " / ".join(f"{amount:.2f}" for amount in facts.price)
