"""`install`, `uninstall` and the rows of `list installed`: where agents look for the skill."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from chat_completions import __version__, paths
from chat_completions.cli.output import progress
from chat_completions.errors import full_package

# The folders of skills that each agent reads, below the home and below a project; `install` takes the first.
AGENTS = {
    "claude": [".claude/skills"],
    "codex": [".agents/skills", ".codex/skills"],
    "gemini": [".agents/skills", ".gemini/skills"],
    "openclaw": [".agents/skills", ".openclaw/skills"],
}


def target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that both commands share."""
    force = "Also a folder that `install` did not make; it is kept elsewhere."
    command = click.option("--force", is_flag=True, help=force)(command)
    command = click.option("--dir", "folder", type=Path, metavar="PATH", help="Another folder of skills.")(command)
    command = click.option("--project", is_flag=True, help="For this folder only, not for the user.")(command)
    return click.option("--agent", "agents", multiple=True, type=click.Choice([*AGENTS, "all"]))(command)


@click.command()
@target_options
def install(agents: Sequence[str], project: bool, folder: Path | None, force: bool) -> None:
    """Install the skill where agents look for it, with its packages, so that it runs offline."""
    with full_package("`install`"):
        from chat_completions.install import replace_skill, skill_files, vendored_packages
    files = {**skill_files(paths.skill_root()), **vendored_packages(native=True)}
    for target, *others in _folders(agents, project=project, folder=folder):
        replace_skill(target, files, force=force, report=progress)
        click.echo(f"Installed {__version__}: {target}")
        for path in filter(os.path.exists, others):
            progress(f"The skill is also in {path}, where agents find it a second time: remove that folder.")
    progress("Start a new session of the agent; it loads the skill when you ask for a program, or by its name.")


@click.command()
@target_options
def uninstall(agents: Sequence[str], project: bool, folder: Path | None, force: bool) -> None:
    """Remove what `install` put there."""
    with full_package("`uninstall`"):
        from chat_completions.install import replace_skill
    for target, *_ in _folders(agents, project=project, folder=folder):
        existed = replace_skill(target, {}, force=force, report=progress)
        click.echo(f"Removed: {target}" if existed else f"Nothing is installed in {target}.", err=not existed)


def find_installed() -> Iterator[dict[str, Any]]:
    """Yield every folder that an agent reads and that holds the skill."""
    with full_package("`list installed`"):
        from chat_completions.install import read_marker
    readers: dict[Path, dict[str, None]] = {}
    for agent in AGENTS:
        for path in (*_agent_folders(agent, project=True), *_agent_folders(agent, project=False)):
            readers.setdefault(path, {})[agent] = None
    for path, agents in readers.items():
        with suppress(OSError):
            version = re.search(r'\bversion:\s*"?([^"\s]+)', (path / "SKILL.md").read_text(encoding="utf-8"))
            row = {"path": str(path), "agents": list(agents), "version": version[1] if version else "unknown"}
            yield {**row, "marked": read_marker(path) is not None}


def _folders(agents: Sequence[str], *, project: bool, folder: Path | None) -> list[list[Path]]:
    """Return for each place to install to its folder, and the other folders that its agents read."""
    if (folder is None) == (not agents) or (folder and project):
        raise click.UsageError(f"Which agent? Give --agent {'|'.join([*AGENTS, 'all'])}, or --dir PATH alone.")
    if folder is not None:
        return [[_skill_folder(folder)]]
    folders: dict[Path, list[Path]] = {}
    for agent in AGENTS if "all" in agents else agents:
        target, *others = _agent_folders(agent, project=project)
        folders.setdefault(target, [target]).extend(others)
    return list(folders.values())


def _agent_folders(agent: str, *, project: bool) -> list[Path]:
    """Return where an agent looks for this skill."""
    claude = os.environ.get("CLAUDE_CONFIG_DIR")
    if agent == "claude" and claude and not project:
        return [_skill_folder(Path(claude, "skills"))]
    return [_skill_folder(Path("" if project else "~", folder)) for folder in AGENTS[agent]]


def _skill_folder(skills: Path) -> Path:
    """Return the full path of this skill in a folder of skills."""
    try:
        return Path.cwd() / skills.expanduser() / "chat-completions"
    except RuntimeError as problem:
        raise click.UsageError(f"{str(skills)!r}: {problem} Choose a folder with --dir.") from problem
