"""Which folder an agent takes its skills from."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from chat_completions.catalog.yaml_files import parse
from chat_completions.errors import BadInput, UnknownName
from chat_completions.installing.contents import NAME
from chat_completions.paths import PACKAGE

ALL = "all"


class Spot(NamedTuple):
    """A folder for the skill, and the agents that will find it there."""

    path: Path
    agents: tuple[str, ...]
    scope: str


def spots(agents: Sequence[str], *, project: bool, folder: str | None) -> list[Spot]:
    """The folders to fill for these agents, each once."""
    if folder is not None and project:
        raise BadInput("--dir and --project contradict each other.", "Give one of them.")
    if not agents and folder is None:
        raise BadInput("Which agent?", f"Give --agent {'|'.join([*known(), ALL])}, or a folder with --dir.")
    for one in agents:
        if one not in (*known(), ALL):
            raise UnknownName("agent", one, [*known(), ALL])
    if folder is not None:
        if not folder.strip():
            raise BadInput("--dir is empty.", "Give the folder of skills.")
        return [Spot(_absolute(folder) / NAME, tuple(agents), "folder")]
    wanted = list(known()) if ALL in agents else list(dict.fromkeys(agents))
    return _merged(wanted, "project" if project else "user")


def everywhere() -> list[Spot]:
    """Every folder that any agent looks into, also the ones that are not filled from here."""
    found = {spot.path: spot for scope in ("project", "user") for spot in _merged(list(known()), scope)}
    more: dict[Path, list[str]] = {}
    for name, about in known().items():
        for one in about.get("also", []):
            more.setdefault(_absolute(one) / NAME, []).append(name)
    others = (Spot(path, tuple(names), "also") for path, names in more.items() if path not in found)
    return [*found.values(), *others]


def doubles(spot: Spot) -> list[Path]:
    """Other places of the same agents that hold the skill as well, so that they list it twice."""
    if spot.scope == "folder":
        return []
    places = [_absolute(one) / NAME for name in spot.agents for one in known()[name].get("also", [])]
    return [path for path in dict.fromkeys(places) if (path / "SKILL.md").is_file() and path != spot.path]


def others(spot: Spot) -> str:
    """The agents that were not named and look into the same folder, as people call them."""
    if spot.scope == "folder":
        return ""
    rest = ((name, about) for name, about in known().items() if name not in spot.agents)
    return ", ".join(about["name"] for _, about in rest if _place(about, spot.scope) == spot.path)


def title(spot: Spot) -> str:
    """The agents of a spot, as people call them."""
    return ", ".join(known()[name]["name"] for name in spot.agents if name in known())


def known() -> Mapping[str, Any]:
    """The agents there are facts about, in their order."""
    file = PACKAGE / "installing" / "agents.yaml"
    return dict(parse(file.read_text(encoding="utf-8")))


def _merged(names: Sequence[str], scope: str) -> list[Spot]:
    found: dict[Path, list[str]] = {}
    for name in names:
        found.setdefault(_place(known()[name], scope), []).append(name)
    return [Spot(path, tuple(agents), scope) for path, agents in found.items()]


def _place(about: Mapping[str, Any], scope: str) -> Path:
    chosen = os.environ.get(about.get("variable", ""), "")
    if scope == "user" and chosen:
        return _absolute(chosen) / "skills" / NAME
    return _absolute(about[scope]) / NAME


def _absolute(text: str) -> Path:
    homeless = BadInput(f"There is no home folder for {text!r}.", "Choose a folder with --dir.")
    if text.startswith("~") and os.environ.get("HOME") == "":  # which Python takes for the root folder
        raise homeless
    try:
        path = Path(text).expanduser()
        return path if path.is_absolute() else Path.cwd() / path
    except RuntimeError as problem:  # a user without a home
        raise homeless from problem
    except FileNotFoundError as problem:
        raise BadInput("The current folder is gone.", "Go to another one.") from problem
