"""`install` and `uninstall`: put the skill in its place, and remove it."""

from collections.abc import Callable

import click

from chat_completions import paths
from chat_completions.cli.output import progress
from chat_completions.errors import full_package


def _target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that both commands share."""
    for option in (
        click.option("--force", is_flag=True, help="Also a folder that `install` did not make; it is kept elsewhere."),
        click.option("--dir", "folder", metavar="PATH", help="Another folder of skills."),
        click.option("--project", is_flag=True, help="For this folder only, not for the user."),
        click.option("--agent", "agents", multiple=True, help="claude, codex, gemini, openclaw, or all."),
    ):
        command = option(command)
    return command


@click.command()
@_target_options
def install(agents: tuple[str, ...], project: bool, folder: str | None, force: bool) -> None:
    """Put the skill where agents look, with all it needs, so that it runs offline."""
    with full_package("`install`"):
        from chat_completions.agents import find_duplicates, find_targets, titles
        from chat_completions.install import install_skill
        from chat_completions.skill_files import skill_files, skill_version, vendored_packages
    targets = find_targets(agents, project=project, folder=folder)
    files = {**skill_files(paths.skill_root()), **vendored_packages(native=True)}
    for target, readers in targets.items():
        install_skill(target, files, force=force, tell=progress)
        click.echo(f"Installed {skill_version(files)}{titles(readers)}: {target}")
        for path in find_duplicates(readers):
            progress(f"The skill is also in {path}, where an agent finds it a second time: remove that folder.")
    progress("Start a new session of the agent; it loads the skill when you ask for a program, or by its name.")


@click.command()
@_target_options
def uninstall(agents: tuple[str, ...], project: bool, folder: str | None, force: bool) -> None:
    """Remove what `install` put there."""
    with full_package("`uninstall`"):
        from chat_completions.agents import find_targets, titles
        from chat_completions.install import uninstall_skill
    for target, readers in find_targets(agents, project=project, folder=folder).items():
        if uninstall_skill(target, force=force, tell=progress):
            click.echo(f"Removed{titles(readers)}: {target}")
        else:
            progress(f"Nothing is installed in {target}.")
