"""The commands that put the skill in its place: install, uninstall. Like `cli`, it prints and exits."""

from collections.abc import Callable
from typing import Any

import click

from chat_completions.errors import SkillAlone


def installing() -> Any:
    """The rooms that install; NotOffered where this is the skill alone."""
    try:
        from chat_completions.installing import commands
    except ModuleNotFoundError as problem:
        if not (problem.name or "").startswith("chat_completions.installing"):
            raise
        raise SkillAlone("installs it") from None
    return commands


def places(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands share."""
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


def tell(line: str) -> None:
    """One line beside the answer."""
    click.echo(line, err=True)


@click.command()
@places
@click.option("--from", "source", metavar="FILE-OR-URL", help="An archive, instead of this very version.")
@click.option("--sha256", metavar="HEX", help="The archive's sum; an address needs it.")
def install(agents: tuple[str, ...], **asked: Any) -> None:
    """Put the skill where agents look, with all it needs, so that it runs offline."""
    for line in installing().install(agents, tell=tell, **asked):
        click.echo(line)


@click.command()
@places
def uninstall(agents: tuple[str, ...], **asked: Any) -> None:
    """Remove what `install` put there."""
    for line in installing().uninstall(agents, tell=tell, **asked):
        click.echo(line)


COMMANDS = (install, uninstall)
