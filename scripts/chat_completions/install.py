"""Install the skill in a folder, and remove it again.

The new folder is built beside its place and then renamed into it. A marker in it names the version and every file
with its SHA-256: any other file there is the user's, and is moved to `kept/` in their configuration folder.
"""

import compileall
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from importlib.machinery import PathFinder
from itertools import count
from pathlib import Path

from chat_completions import __version__
from chat_completions.errors import BadData, NotOffered
from chat_completions.paths import config_folder

NAME = "chat-completions"
ENTRY_POINT = "scripts/chat-completions.py"
FOLDERS = ("agents", "references", "scripts", "templates")
SUFFIXES = {".jinja", ".md", ".py", ".yaml"}
# What opens a socket, starts a process or installs needs the full package.
LEFT_OUT = re.compile(r"scripts/(vendor|chat_completions/(live|replay|install\.py))\b|(.*/)?(\.|__pycache__/)")
# Distribution -> its module. Jinja2 needs MarkupSafe.
PACKAGES = {"jinja2": "jinja2", "markupsafe": "markupsafe", "pyyaml": "yaml", "click": "click"}
VENDORED, NATIVE = r".*\.py|METADATA|(LICEN[CS]E|COPYING|NOTICE|AUTHORS).*", r".*\.(so|pyd)"
MARKER = ".installed.json"
MADE_BY = "chat-completions install"


def skill_files(root: Path) -> dict[str, bytes]:
    """Return the skill's files by their paths below `root`, in order."""
    if not (root / "SKILL.md").is_file():
        raise BadData(f"{str(root)!r} holds no SKILL.md.", "Reinstall the package.")
    paths = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in SUFFIXES]
    files = [path for path in (root / "LICENSE", root / "SKILL.md", *paths) if path.is_file() and not path.is_symlink()]
    names = sorted(path.relative_to(root).as_posix() for path in files)
    return {name: (root / name).read_bytes() for name in names if not LEFT_OUT.match(name)}


def vendored_packages(folder: Path | None = None, *, native: bool) -> dict[str, bytes]:
    """Return the packages that the skill imports, from a folder or from this interpreter.

    `native` adds compiled modules: faster, but only this machine's Python can load them.
    """
    wanted = re.compile(f"{VENDORED}|{NATIVE}" if native else VENDORED, re.IGNORECASE)
    files: dict[str, Path] = {}
    for distribution, module in PACKAGES.items():
        spec = PathFinder.find_spec(module, [str(folder)] if folder else None)
        if spec is None or spec.origin is None:
            raise BadData(f"The package {module} cannot be copied: it is not installed.", "Reinstall the package.")
        site = Path(spec.origin).parents[1]
        infos = (path for path in site.glob("*.dist-info") if path.name.lower().startswith(f"{distribution}-"))
        paths = (path for package in (site / module, *infos) for path in package.rglob("*") if path.is_file())
        files.update({path.relative_to(site).as_posix(): path for path in paths if wanted.fullmatch(path.name)})
    return {f"scripts/vendor/{name}": files[name].read_bytes() for name in sorted(files)}


def replace_skill(target: Path, files: Mapping[str, bytes], *, force: bool, report: Callable[[str], None]) -> bool:
    """Replace `target` with a folder of `files`, or remove it where there are none; return whether it existed."""
    new, old = target.with_name(f".{target.name}.tmp"), target.with_name(f".{target.name}.old")
    _clear_interrupted(target, new, old, report)
    existed = os.path.lexists(target)
    if existed and read_marker(target) is None and not force:
        hint = f"--force moves it to {config_folder() / 'kept'}. Or choose another folder with --dir."
        raise NotOffered(f"{str(target)!r} was not made by `install`.", hint)
    try:
        if files:
            _write(new, files, target)
        if existed:
            target.rename(old)
        if files:
            new.rename(target)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        if os.path.lexists(old):
            old.rename(target)
        raise
    _remove(old, report)
    return existed


def read_marker(folder: Path) -> dict[str, str] | None:
    """Return the checksums of the installed files; None for a folder that `install` did not make."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        marker = json.loads((folder / MARKER).read_bytes())
        if marker["made_by"] == MADE_BY and not folder.is_symlink():
            return dict(marker["files"])
    return None


def _clear_interrupted(target: Path, new: Path, old: Path, report: Callable[[str], None]) -> None:
    """Remove what an interrupted run left beside `target`, and bring the old folder back where it left no other."""
    shutil.rmtree(new, ignore_errors=True)
    if read_marker(old) is not None and not os.path.lexists(target):
        old.rename(target)
    _remove(old, report)


def _write(folder: Path, files: Mapping[str, bytes], target: Path) -> None:
    """Write the files and the marker to a new folder, and compile the modules for `target`."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    marker = json.dumps({"made_by": MADE_BY, "version": __version__, "files": sums}, indent=1).encode()
    for name, data in {MARKER: marker, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ENTRY_POINT).chmod(0o755)
    compileall.compile_dir(folder / "scripts", quiet=2, stripdir=str(folder), prependdir=str(target))


def _remove(folder: Path, report: Callable[[str], None]) -> None:
    """Remove our files from a folder, and move what is left in it, the user's, to a new folder of theirs."""
    sums = read_marker(folder)
    if sums is not None:
        # The marker comes last of the files, so that the next run can go on where one was interrupted.
        for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
            if path.is_dir() and not path.is_symlink():
                with suppress(OSError):  # it holds files of the user's
                    path.rmdir()
            elif path == folder / MARKER or _is_ours(path, sums.get(path.relative_to(folder).as_posix())):
                path.unlink()
    if os.path.lexists(folder):
        kept, day = config_folder() / "kept", datetime.now(timezone.utc).date()
        kept.mkdir(parents=True, exist_ok=True)
        place = next(path for number in count(1) if not (path := kept / f"{day}-{number}").exists())
        shutil.move(folder, place)
        report(f"Files that `install` had not written to the skill's folder are now in {place}.")


def _is_ours(path: Path, checksum: str | None) -> bool:
    """Return whether a file is as it was installed, or generated by Python or a file manager."""
    if path.parent.name == "__pycache__" or path.name in (".DS_Store", "Thumbs.db"):
        return True
    is_file = path.is_file() and not path.is_symlink()
    return is_file and hashlib.sha256(path.read_bytes()).hexdigest() == checksum
