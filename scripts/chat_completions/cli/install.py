"""`install` and `uninstall`: put the skill into a folder where agents look for it, or remove it."""

import compileall
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from importlib.machinery import PathFinder
from pathlib import Path

import click

from chat_completions import __version__, paths
from chat_completions.cli.options import progress
from chat_completions.errors import BadData, NotOffered

NAME = "chat-completions"
# The folders of skills that each agent reads, below the home and below a project; `install` takes the first.
AGENTS = {
    "claude": [".claude/skills"],
    **{agent: [".agents/skills", f".{agent}/skills"] for agent in ("codex", "gemini", "openclaw")},
}
ENTRY_POINT = "scripts/chat-completions.py"
FOLDERS = ("agents", "references", "scripts", "templates")
SUFFIXES = {".jinja", ".md", ".py", ".yaml"}
# What opens a socket, starts a process or installs needs the full package.
LEFT_OUT = re.compile(r"scripts/(vendor/|chat_completions/(live/|replay/|cli/(install|network)\.py))|(.*/)?\.")
# Distribution -> its module. Jinja2 needs MarkupSafe.
PACKAGES = {"jinja2": "jinja2", "markupsafe": "markupsafe", "pyyaml": "yaml", "click": "click"}
VENDORED, NATIVE = r".*\.py|METADATA|(LICEN[CS]E|COPYING|NOTICE|AUTHORS).*", r".*\.(so|pyd)"
MARKER = ".installed.json"  # names the version and each file with its SHA-256; other files are the user's
MADE_BY = "chat-completions install"


def add_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that both commands share."""
    force = "Also a folder that `install` did not make; it is kept elsewhere."
    command = click.option("--force", is_flag=True, help=force)(command)
    command = click.option("--dir", "folder", type=Path, metavar="PATH", help="Another folder of skills.")(command)
    command = click.option("--project", is_flag=True, help="For this folder only, not for the user.")(command)
    return click.option("--agent", "agents", multiple=True, type=click.Choice([*AGENTS, "all"]))(command)


@click.command("install")
@add_options
def install_command(agents: Sequence[str], project: bool, folder: Path | None, force: bool) -> None:
    """Install the skill where agents look for it, with its packages, so that it runs offline."""
    files = {**skill_files(paths.skill_root()), **vendored_packages(native=True)}
    for target, others in _folders(agents, folder, project=project).items():
        replace_skill(target, files, force=force)
        click.echo(f"Installed {__version__}: {target}")
        for path in filter(os.path.exists, others):
            progress(f"The skill is also in {path}, where agents find it a second time: remove that folder.")
    progress("Start a new session of the agent; it loads the skill when you ask for a program, or by its name.")


@click.command("uninstall")
@add_options
def uninstall_command(agents: Sequence[str], project: bool, folder: Path | None, force: bool) -> None:
    """Remove what `install` put there."""
    for target in _folders(agents, folder, project=project):
        existed = replace_skill(target, {}, force=force)
        click.echo(f"Removed: {target}" if existed else f"Nothing is installed in {target}.", err=not existed)


def find_installed() -> Iterator[dict[str, object]]:
    """Yield every folder that an agent reads and that holds the skill."""
    readers: dict[Path, dict[str, None]] = {}
    for agent in AGENTS:
        for path in (*_agent_folders(agent, project=True), *_agent_folders(agent, project=False)):
            readers.setdefault(path, {})[agent] = None
    for path, agents in readers.items():
        with suppress(OSError):
            version = re.search(r'\bversion:\s*"?([^"\s]+)', (path / "SKILL.md").read_text(encoding="utf-8"))
            row = {"path": str(path), "agents": list(agents), "version": version[1] if version else "unknown"}
            yield {**row, "marked": read_marker(path) is not None}


def _folders(agents: Sequence[str], folder: Path | None, *, project: bool) -> dict[Path, list[Path]]:
    """Return each place to install to, with the other folders that its agents read."""
    if (folder is None) == (not agents) or (folder and project):
        raise click.UsageError(f"Which agent? Give --agent {'|'.join([*AGENTS, 'all'])}, or --dir PATH alone.")
    if folder and folder.exists() and not folder.is_dir():
        raise click.UsageError(f"--dir {str(folder)!r} is a file. Name a folder of skills.")
    folders: dict[Path, list[Path]] = {_skill_folder(folder): []} if folder else {}
    for agent in AGENTS if "all" in agents else agents:
        target, *others = _agent_folders(agent, project=project)
        folders.setdefault(target, []).extend(others)
    return folders


def _agent_folders(agent: str, *, project: bool) -> list[Path]:
    """Return where an agent looks for this skill."""
    home = "" if project else "~"
    claude = os.environ.get("CLAUDE_CONFIG_DIR") if agent == "claude" and not project else None
    return [_skill_folder(Path(claude, "skills") if claude else Path(home, folder)) for folder in AGENTS[agent]]


def _skill_folder(skills: Path) -> Path:
    """Return the full path of this skill in a folder of skills."""
    try:
        return Path.cwd() / skills.expanduser() / NAME
    except RuntimeError as problem:
        raise click.UsageError(f"{str(skills)!r}: {problem} Choose a folder with --dir.") from problem


def skill_files(root: Path) -> dict[str, bytes]:
    """Return the skill's files by their paths below `root`, in order."""
    candidates = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in SUFFIXES]
    files = [
        path for path in (root / "LICENSE", root / "SKILL.md", *candidates) if path.is_file() and not path.is_symlink()
    ]
    names = sorted(path.relative_to(root).as_posix() for path in files)
    return {name: (root / name).read_bytes() for name in names if not LEFT_OUT.match(name)}


def vendored_packages(folder: Path | None = None, *, native: bool) -> dict[str, bytes]:
    """Return the packages that the skill imports, from a folder or this interpreter; `native` adds compiled modules."""
    wanted = re.compile(f"{VENDORED}|{NATIVE}" if native else VENDORED, re.IGNORECASE)
    files: dict[str, Path] = {}
    for distribution, module in PACKAGES.items():
        spec = PathFinder.find_spec(module, [str(folder)] if folder else None)
        if spec is None or spec.origin is None:
            raise BadData(f"The package {module} cannot be copied: it is not installed.", "Reinstall the package.")
        site = Path(spec.origin).parents[1]
        infos = (path for path in site.glob("*.dist-info") if path.name.lower().startswith(f"{distribution}-"))
        package_files = (path for package in (site / module, *infos) for path in package.rglob("*") if path.is_file())
        files.update({path.relative_to(site).as_posix(): path for path in package_files if wanted.fullmatch(path.name)})
    return {f"scripts/vendor/{name}": files[name].read_bytes() for name in sorted(files)}


def replace_skill(target: Path, files: Mapping[str, bytes], *, force: bool) -> bool:
    """Swap `target` for a new folder of `files`, or remove it where there are none; return whether it existed."""
    new, old = target.with_name(f".{target.name}.tmp"), target.with_name(f".{target.name}.old")
    for folder in (new, old):  # of a run that was interrupted
        shutil.rmtree(folder, ignore_errors=True)
    existed, sums = os.path.lexists(target), read_marker(target)
    if existed and sums is None and not force:
        hint = f"--force moves it to {paths.config_folder() / 'kept'}. Or choose another folder with --dir."
        raise NotOffered(f"{str(target)!r} was not made by `install`.", hint)
    try:
        if files:
            _write(new, files, target)
        if existed:
            _keep(target, sums)
        if sums is not None:
            target.rename(old)
        if files:
            new.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return existed


def read_marker(folder: Path) -> dict[str, str] | None:
    """Return the checksums of the installed files; None for a folder that `install` did not make."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        marker = json.loads((folder / MARKER).read_bytes())
        if marker["made_by"] == MADE_BY and not folder.is_symlink():
            return dict(marker["files"])
    return None


def _write(folder: Path, files: Mapping[str, bytes], target: Path) -> None:
    """Write the files and the marker to a new folder, and compile the modules for `target`."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    marker = json.dumps({"made_by": MADE_BY, "version": __version__, "files": sums}, indent=1).encode()
    for name, data in {MARKER: marker, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ENTRY_POINT).chmod(0o755)
    compileall.compile_dir(folder / "scripts", quiet=2, stripdir=str(folder), prependdir=str(target))


def _keep(folder: Path, sums: Mapping[str, str] | None) -> None:
    """Move the user's files in a folder of ours, or a folder that is all theirs, to `kept/`, and say so."""
    kept = paths.config_folder() / "kept" / f"{datetime.now(timezone.utc):%Y-%m-%d-%H%M%S.%f}"
    moved = [folder] if sums is None else [path for path in folder.rglob("*") if not _is_ours(path, folder, sums)]
    for path in moved:
        place = kept / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
    if moved:
        progress(f"Files that `install` had not written to the skill's folder are now in {kept}.")


def _is_ours(path: Path, folder: Path, sums: Mapping[str, str]) -> bool:
    """Return whether a path is a folder, a file as it was installed, or one that Python or a file manager made."""
    if path.parent.name == "__pycache__" or path.name in (".DS_Store", "Thumbs.db") or path == folder / MARKER:
        return True
    checksum = sums.get(path.relative_to(folder).as_posix())
    is_as_installed = path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == checksum
    return not path.is_symlink() and (path.is_dir() or is_as_installed)
