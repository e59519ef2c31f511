"""Which files are the skill: what `install` copies and the archives hold."""

import re
from collections.abc import Iterator, Mapping
from importlib.machinery import PathFinder
from pathlib import Path

from chat_completions.errors import BadData

NAME = "chat-completions"
ENTRY_POINT = "scripts/chat-completions.py"
FOLDERS = ("agents", "references", "scripts", "templates")
SUFFIXES = {".jinja", ".md", ".py", ".yaml"}
PACKAGE = "scripts/chat_completions"
# What opens a socket, starts a process or installs needs the full package.
LEFT_OUT = (
    "scripts/vendor/",
    *(f"{PACKAGE}/{name}" for name in ("live/", "replay/", "agents.py", "install.py", "skill_files.py")),
)
# Distribution -> its module. Jinja2 needs MarkupSafe.
PACKAGES = {"jinja2": "jinja2", "markupsafe": "markupsafe", "pyyaml": "yaml", "click": "click"}
LICENCE = re.compile(r"(METADATA|(LICEN[CS]E|COPYING|NOTICE|AUTHORS).*)", re.IGNORECASE)


def skill_files(root: Path) -> dict[str, bytes]:
    """Return the skill's files by their paths below `root`, in order."""
    paths = [root / "LICENSE", root / "SKILL.md", *(path for folder in FOLDERS for path in (root / folder).rglob("*"))]
    files = {path.relative_to(root).as_posix(): path for path in paths if path.is_file() and not path.is_symlink()}
    if "SKILL.md" not in files:
        raise BadData(f"{str(root)!r} holds no SKILL.md.", "Reinstall the package.")
    return {name: files[name].read_bytes() for name in sorted(files) if _is_shipped(name)}


def skill_version(files: Mapping[str, bytes]) -> str:
    """Return the version that SKILL.md names."""
    found = re.search(rb'^\s*version:\s*"?([^"\s]+)', files.get("SKILL.md", b""), re.MULTILINE)
    return found[1].decode("utf-8", "replace") if found else "unknown"


def vendored_packages(folder: Path | None = None, *, native: bool) -> dict[str, bytes]:
    """Return the packages that the skill imports, from a folder or from this interpreter.

    `native` adds compiled modules: faster, but only this machine's Python can load them.
    """
    suffixes = (".py", ".so", ".pyd") if native else (".py",)
    found: dict[str, Path] = {}
    for distribution, module in PACKAGES.items():
        package = _package_folder(module, folder)
        files = [path for path in package.rglob("*") if path.name.endswith(suffixes)]
        for path in [*files, *_licences(package.parent, distribution)]:
            found[f"scripts/vendor/{path.relative_to(package.parent).as_posix()}"] = path
    return {name: found[name].read_bytes() for name in sorted(found)}


def _is_shipped(name: str) -> bool:
    is_text = name == "LICENSE" or Path(name).suffix in SUFFIXES
    return is_text and not name.startswith(LEFT_OUT) and not re.search(r"(^|/)(\.|__pycache__/)", name)


def _package_folder(module: str, folder: Path | None) -> Path:
    spec = PathFinder.find_spec(module, [str(folder)] if folder else None)
    if spec is None or not spec.submodule_search_locations:
        raise BadData(f"The package {module} cannot be copied: it is not installed.", "Reinstall the package.")
    return Path(next(iter(spec.submodule_search_locations)))


def _licences(site: Path, distribution: str) -> Iterator[Path]:
    for info in site.glob("*.dist-info"):
        if info.name.lower().startswith(f"{distribution}-"):
            yield from (path for path in info.rglob("*") if path.is_file() and LICENCE.fullmatch(path.name))
