"""`choose`: print the model that `write` would use, and why."""

from typing import Any

import click

from chat_completions.catalog.load import load_gateway
from chat_completions.cli import options, output
from chat_completions.generate import choose_model


@click.command("choose")
@options.shared
@click.option("--all", "everything", is_flag=True, help="Also every other model of the gateway, as a table.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(format_: str, everything: bool, **values: Any) -> None:
    """Print the recommended model for a task, the reason and known limitations."""
    request = options.program_request(values)
    choice = choose_model(request)
    click.echo(output.choice_json(choice) if format_ == "json" else output.choice_text(choice), nl=False)
    if everything and format_ == "text":
        models = list(load_gateway(request.gateway).models.values())
        click.echo("\n" + output.model_table(models, choice), nl=False)
