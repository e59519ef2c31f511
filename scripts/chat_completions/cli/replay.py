"""`replay`: serve recorded responses on loopback."""

import sys
import threading

import click

from chat_completions.cli.output import progress
from chat_completions.errors import full_package


@click.command("replay")
@click.argument("gateway", required=False)
@click.option("--port", type=int, default=8900, show_default=True, help="0 takes a free one.")
@click.option("--lenient", is_flag=True, help="Answer any request from the nearest recording, and say so.")
@click.option("--fault", metavar="KIND[@N]", help="Inject a fault into the first N responses: 429, 503, cut, slow, …")
def command(gateway: str | None, port: int, lenient: bool, fault: str | None) -> None:
    """Serve the cassettes of one gateway, or of all, on loopback: no key needed. Ctrl-C ends it."""
    with full_package("`replay`"):
        from chat_completions.replay.stand_in import settings, standing_in
    with standing_in(gateway, port, fault, lenient=lenient, tell=progress) as server:
        for line in settings(gateway, server.url):
            click.echo(line)
        sys.stdout.flush()
        threading.Event().wait()
