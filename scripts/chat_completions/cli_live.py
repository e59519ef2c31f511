"""The commands that open a socket: check, record, replay. Like `cli`, it prints and exits."""

import json
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from chat_completions.errors import SkillAlone


def live(room: str) -> Any:
    """A room of `live`; NotOffered where this is the skill alone, which opens no socket."""
    try:
        return import_module(f"chat_completions.live.{room}")
    except ModuleNotFoundError as problem:
        if not (problem.name or "").startswith("chat_completions.live"):
            raise
        raise SkillAlone("talks to a network") from None


def tell(line: str) -> None:
    """One line of progress."""
    click.echo(line, err=True)


@click.command()
@click.argument("gateway")
@click.option("--base-url", help="Where the gateway is, instead of its own address.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(gateway: str, base_url: str | None, format_: str) -> None:
    """Ask a live gateway whether it takes your key, which of our models it lists, what credit is left."""
    seen = live("check").checked(live("opening").opened(gateway, base_url))
    words = live("report")
    click.echo(json.dumps(words.as_data(seen), ensure_ascii=False, indent=2) if format_ == "json" else words.text(seen))
    if not seen.good:
        sys.exit(1)


@click.command()
@click.argument("gateway")
@click.option("--cells", help="Only these: words of `list cells`, such as chat/stream,tools/httpx.")
@click.option("--base-url", help="Where the gateway is, instead of its own address.")
@click.option("--output", type=click.Path(path_type=Path), help="Where the cassettes go, instead of your own folder.")
@click.option("--software", default="", help="What answers, with its version, where it is no hosted gateway.")
@click.option("--note", default="", help="What is behind it, such as the engine and the model.")
@click.option("--mock", is_flag=True, help="The answers come from no model.")
def record(
    gateway: str, cells: str | None, base_url: str | None, output: Path | None, software: str, note: str, mock: bool
) -> None:
    """Record the cassettes of a gateway anew, with your key; what was stored goes to stdout."""
    opening = live("opening")
    source = opening.source(opening.opened(gateway, base_url), output, software, note, mock=mock)
    outcome = live("session").recorded(live("scenes").scenes(gateway, cells), source, tell)
    for file in outcome.files:
        click.echo(str(file))
    if outcome.missing:
        tell(f"Missing: {', '.join(name for name, _ in outcome.missing)}. The same command records only these.")
        sys.exit(1)


@click.command()
@click.argument("gateway", required=False)
@click.option("--port", type=int, default=8900, show_default=True, help="0 takes a free one.")
@click.option("--lenient", is_flag=True, help="Answer any request, from the nearest scene, and say so.")
@click.option("--fault", metavar="KIND[@N]", help="Trouble, for the first N replies: 429, 503, cut, slow, dead, …")
def replay(gateway: str | None, port: int, lenient: bool, fault: str | None) -> None:
    """Serve the cassettes of one gateway, or of all, on loopback: no key needed. Ctrl-C ends it."""
    stand_in = live("stand_in")
    with stand_in.standing_in(gateway, port, fault, lenient=lenient, tell=tell) as replay_:
        for line in stand_in.settings(gateway, replay_.url):
            click.echo(line)
        sys.stdout.flush()
        threading.Event().wait()


COMMANDS = (check, record, replay)
