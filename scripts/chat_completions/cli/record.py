"""`record`: store the cassettes of a gateway."""

import sys
from pathlib import Path

import click

from chat_completions.cli.output import progress
from chat_completions.errors import full_package


@click.command("record")
@click.argument("gateway")
@click.option("--combinations", help="Only these: words of `list combinations`, such as chat/stream,tools/httpx.")
@click.option("--base-url", help="Another base URL than the gateway's own.")
@click.option("--output", type=click.Path(path_type=Path), help="Where the cassettes go, instead of your own folder.")
@click.option("--software", default="", help="What answers, with its version, where it is no hosted gateway.")
@click.option("--note", default="", help="What is behind it, such as the engine and the model.")
@click.option("--mock", is_flag=True, help="The answers come from no model.")
def command(
    gateway: str,
    combinations: str | None,
    base_url: str | None,
    output: Path | None,
    software: str,
    note: str,
    mock: bool,
) -> None:
    """Record the cassettes of a gateway with your key; what was stored goes to stdout."""
    with full_package("`record`"):
        from chat_completions.live.opening import opened, source
        from chat_completions.live.scenes import scenes
        from chat_completions.live.session import recorded
    origin = source(opened(gateway, base_url), output, software, note, mock=mock)
    outcome = recorded(scenes(gateway, combinations), origin, progress)
    for file in outcome.files:
        click.echo(str(file))
    if outcome.missing:
        progress(f"Missing: {', '.join(name for name, _ in outcome.missing)}. The same command records only these.")
        sys.exit(1)
