"""`choose`: print the model that `write` would use, and why."""

from typing import Any

import click

from chat_completions.cli import options, output
from chat_completions.generate import choose_model


@click.command("choose")
@options.shared
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(format_: str, **values: Any) -> None:
    """Print the recommended model for a task, the reason and known limitations."""
    choice = choose_model(options.program_request(values))
    click.echo(output.choice_json(choice) if format_ == "json" else output.choice_text(choice), nl=False)
