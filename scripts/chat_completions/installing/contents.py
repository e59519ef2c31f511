"""Which files are the skill: the allow-list that archives and installed folders are made by."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from chat_completions import shelf
from chat_completions.errors import BadData

NAME = "chat-completions"
DOOR = "scripts/chat-completions.py"  # the one file that runs
TOP = ("LICENSE", "SKILL.md", "agents", "references", "scripts", "templates")
SUFFIXES = {".jinja", ".md", ".py", ".yaml"}
# What opens a socket or installs is for the whole package; `vendor` is filled by whoever installs.
LEFT_OUT = {"__pycache__", "installing", "live", "vendor"}
KEPT_NAMES = {"__init__.py", "__main__.py"}
FOR_PEOPLE = {"references/gateway.schema.yaml"}  # and for agents: SKILL.md names it


def skill(root: Path) -> dict[str, bytes]:
    """Every file of the skill below `root`, by its path in the skill's folder, in order."""
    found = {path.relative_to(root).as_posix(): path for top in TOP for path in _files(root / top)}
    if "SKILL.md" not in found:
        raise BadData(f"{str(root)!r} holds no SKILL.md.", "Install the package anew.")
    return _bundled({name: path.read_bytes() for name, path in found.items()})


def members(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What is in the bundles among the files, by the paths it has in the sources."""
    return {
        f"{name.partition('/')[0]}/{member}": text.encode()
        for name, data in files.items()
        if name.endswith(shelf.BUNDLE)
        for member, text in shelf.parted(data.decode("utf-8", "replace")).items()
    }


def version(files: dict[str, bytes]) -> str:
    """The version that SKILL.md names."""
    lines = files.get("SKILL.md", b"").decode("utf-8", "replace").splitlines()
    named = (line.partition(":")[2] for line in lines if line.strip().startswith("version:"))
    return next(named, "").strip().strip('"') or "unknown"


def _bundled(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files in order, the small ones of a kind as one: see `shelf`."""
    whole: dict[str, bytes] = {}
    small: dict[str, dict[str, str]] = {}
    for name, data in files.items():
        bundle = _bundle(name)
        if bundle:
            small.setdefault(bundle, {})[name.partition("/")[2]] = data.decode()
        else:
            whole[name] = data
    whole |= {name: shelf.joined(texts).encode() for name, texts in small.items()}
    return {name: whole[name] for name in sorted(whole)}


def _bundle(name: str) -> str | None:
    """The bundle that a file travels in: one for each language, one for the facts that the generator reads."""
    top, *steps = name.split("/")
    if top == "templates":
        return f"templates/{steps[0]}{shelf.BUNDLE}"
    if top == "references" and name.endswith(".yaml") and name not in FOR_PEOPLE:
        return f"references/facts{shelf.BUNDLE}"
    return None


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
