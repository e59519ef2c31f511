"""Which folders agents take their skills from."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chat_completions.errors import BadInput, UnknownName
from chat_completions.skill_files import NAME


class Agent(NamedTuple):
    """Where an agent looks for skills; `other` places would list a second copy."""

    title: str
    user: str
    project: str
    other: tuple[str, ...] = ()
    variable: str = ""  # replaces the part of `user` before /skills


AGENTS = {
    "claude": Agent("Claude Code", "~/.claude/skills", ".claude/skills", variable="CLAUDE_CONFIG_DIR"),
    "codex": Agent("Codex", "~/.agents/skills", ".agents/skills", ("~/.codex/skills", ".codex/skills")),
    "gemini": Agent("Gemini CLI", "~/.agents/skills", ".agents/skills", ("~/.gemini/skills", ".gemini/skills")),
    "openclaw": Agent("OpenClaw", "~/.agents/skills", ".agents/skills", ("~/.openclaw/skills",)),
}


def find_targets(agents: Sequence[str], *, project: bool, folder: str | None) -> dict[Path, list[str]]:
    """Return the folders to fill, each with the agents that read it."""
    if folder is not None:
        if project or not folder.strip():
            raise BadInput("--dir needs a folder, and no --project.", "Give --dir PATH alone.")
        return {_skill_folder(folder): []}
    if not agents:
        raise BadInput("Which agent?", f"Give --agent {'|'.join([*AGENTS, 'all'])}, or a folder with --dir.")
    for name in agents:
        if name not in (*AGENTS, "all"):
            raise UnknownName("agent", name, [*AGENTS, "all"])
    folders = {name: _agent_folder(agent, project=project) for name, agent in AGENTS.items()}
    wanted = dict.fromkeys(folders[name] for name in (AGENTS if "all" in agents else agents))
    return {path: [name for name in AGENTS if folders[name] == path] for path in wanted}


def titles(agents: Sequence[str]) -> str:
    """Return ` for NAME, NAME`, or nothing where no agent is known to read the folder."""
    return f" for {', '.join(AGENTS[name].title for name in agents)}" if agents else ""


def find_duplicates(agents: Sequence[str]) -> list[Path]:
    """Return the other folders of these agents that hold the skill as well."""
    others = {_skill_folder(folder) for name in agents for folder in AGENTS[name].other}
    return sorted(path for path in others if os.path.isfile(path / "SKILL.md"))  # noqa: PTH113 - False where a Path raises


def reading_agents() -> dict[Path, list[str]]:
    """Return every folder that an agent reads, with the agents that do."""
    readers: dict[Path, list[str]] = {}
    for name, agent in AGENTS.items():
        standard = [_agent_folder(agent, project=project) for project in (True, False)]
        for path in dict.fromkeys([*standard, *map(_skill_folder, agent.other)]):
            readers.setdefault(path, []).append(name)
    return readers


def _agent_folder(agent: Agent, *, project: bool) -> Path:
    chosen = os.environ.get(agent.variable) if agent.variable else None
    if chosen and not project:
        return _skill_folder(f"{chosen}/skills")
    return _skill_folder(agent.project if project else agent.user)


def _skill_folder(skills: str) -> Path:
    if skills.startswith("~") and os.environ.get("HOME") == "":  # Python would take the root folder
        raise BadInput("There is no home folder.", "Choose a folder with --dir.")
    try:
        return Path.cwd() / Path(skills).expanduser() / NAME
    except (RuntimeError, FileNotFoundError) as problem:
        raise BadInput(f"There is no folder {skills!r}: {problem}.", "Choose a folder with --dir.") from problem
