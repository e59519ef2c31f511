"""Which files are the skill: the allow-list that archives and installed folders are made by."""

from collections.abc import Iterator
from pathlib import Path

from chat_completions.errors import BadData

NAME = "chat-completions"
DOOR = "scripts/chat-completions.py"  # the one file that runs
TOP = ("LICENSE", "SKILL.md", "agents", "references", "scripts", "templates")
SUFFIXES = {".jinja", ".md", ".py", ".yaml"}
# What opens a socket or installs is for the whole package; `vendor` is filled by whoever installs.
LEFT_OUT = {"__pycache__", "installing", "live", "replay", "vendor"}
KEPT_NAMES = {"__init__.py", "__main__.py"}


def skill(root: Path) -> dict[str, bytes]:
    """Every file of the skill below `root`, by its path in the skill's folder, in order."""
    found = {path.relative_to(root).as_posix(): path for top in TOP for path in _files(root / top)}
    if "SKILL.md" not in found:
        raise BadData(f"{str(root)!r} holds no SKILL.md.", "Install the package anew.")
    return {name: found[name].read_bytes() for name in sorted(found)}


def version(files: dict[str, bytes]) -> str:
    """The version that SKILL.md names."""
    lines = files.get("SKILL.md", b"").decode("utf-8", "replace").splitlines()
    named = (line.partition(":")[2] for line in lines if line.strip().startswith("version:"))
    return next(named, "").strip().strip('"') or "unknown"


def _files(path: Path) -> Iterator[Path]:
    if path.is_file() and not path.is_symlink():
        yield path
    elif path.is_dir():
        for one in sorted(path.iterdir()):
            if _shipped(one):
                yield from _files(one)


def _shipped(path: Path) -> bool:
    if path.name in LEFT_OUT or path.name.startswith("."):
        return False
    return path.is_dir() or (path.suffix in SUFFIXES and (path.name in KEPT_NAMES or path.name[0] != "_"))
