"""`install` and `uninstall`: put the skill in its place, and remove it."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from chat_completions.cli.output import progress
from chat_completions.errors import full_package


def _places(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that both commands share."""
    for option in reversed(
        [
            click.option("--agent", "agents", multiple=True, help="claude, codex, gemini, openclaw, or all."),
            click.option("--project", is_flag=True, help="For this folder only, not for the user."),
            click.option("--dir", "folder", metavar="PATH", help="Another folder of skills."),
            click.option("--force", is_flag=True, help="Also a folder that `install` did not make."),
        ]
    ):
        command = option(command)
    return command


@click.command()
@_places
@click.option("--from", "source", metavar="FILE-OR-URL", help="An archive, instead of this very version.")
@click.option("--sha256", metavar="HEX", help="The archive's sum; an address needs it.")
def install(agents: tuple[str, ...], **values: Any) -> None:
    """Put the skill where agents look, with all it needs, so that it runs offline."""
    with full_package("`install`"):
        from chat_completions.installing import commands
    for line in commands.install(agents, tell=progress, **values):
        click.echo(line)


@click.command()
@_places
def uninstall(agents: tuple[str, ...], **values: Any) -> None:
    """Remove what `install` put there."""
    with full_package("`uninstall`"):
        from chat_completions.installing import commands
    for line in commands.uninstall(agents, tell=progress, **values):
        click.echo(line)


def installed() -> Iterator[dict[str, Any]]:
    """Yield the places where the skill is installed."""
    with full_package("`list installed`"):
        from chat_completions.installing import commands
    yield from commands.installed()
