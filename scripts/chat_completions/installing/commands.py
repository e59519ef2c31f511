"""What `install`, `uninstall` and `list installed` do; says what it did as lines of text."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chat_completions import paths
from chat_completions.errors import BadInput
from chat_completions.installing import agents, archive, contents, manifest, packages, place
from chat_completions.live import download

Tell = Callable[[str], None]


def install(
    names: Sequence[str],
    *,
    project: bool,
    folder: str | None,
    force: bool,
    source: str | None,
    sha256: str | None,
    tell: Tell,
) -> Iterator[str]:
    """Put the skill where the agents look; one line for each place."""
    wanted = agents.spots(names, project=project, folder=folder)
    files = _files(source, sha256, tell)
    version = contents.version(files)
    for spot in wanted:
        place.put(spot.path, files, version, force=force, tell=tell)
        yield f"Installed {version}{_for(spot)}: {spot.path}"
        for other in agents.doubles(spot):
            tell(f"{agents.title(spot)} will list the skill twice: remove {other}.")
    tell("Start a new session of the agent; it loads the skill when you ask for a program, or by its name.")


def uninstall(names: Sequence[str], *, project: bool, folder: str | None, force: bool, tell: Tell) -> Iterator[str]:
    """Remove what `install` put there; one line for each place."""
    for spot in agents.spots(names, project=project, folder=folder):
        if place.take_away(spot.path, force=force, tell=tell):
            yield f"Removed{_for(spot)}: {spot.path}"
            others = agents.others(spot)
            if others:
                tell(f"It was there for {others} too.")
        else:
            tell(f"Nothing is installed in {spot.path}.")


def installed() -> list[dict[str, Any]]:
    """Every place an agent looks into that holds the skill."""
    return [_row(spot) for spot in agents.everywhere() if os.path.isfile(spot.path / "SKILL.md")]  # noqa: PTH113 - says no where a Path would raise


def _row(spot: agents.Spot) -> dict[str, Any]:
    note = manifest.read(spot.path)
    version = note.version if note else contents.version({"SKILL.md": (spot.path / "SKILL.md").read_bytes()})
    return {
        "path": str(spot.path),
        "agents": list(spot.agents),
        "version": version,
        "made_by_install": note is not None,
        "own_files": sorted(manifest.own_files(spot.path)) if note else [],
    }


def _for(spot: agents.Spot) -> str:
    return f" for {agents.title(spot)}" if spot.agents else ""


def _files(source: str | None, sha256: str | None, tell: Tell) -> dict[str, bytes]:
    """The skill with its packages: this one, or that of an archive."""
    if source is None:
        if sha256 is not None:
            raise BadInput("--sha256 is for an archive.", "Name it with --from.")
        files = contents.skill(paths.skill_root())
    else:
        files = archive.unpacked(download.verified(source, sha256, tell))
    if any(name.startswith(packages.FOLDER + "/") for name in files):
        return files
    return {**files, **packages.vendored(native=True)}
