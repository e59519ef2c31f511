"""Make the archives to publish: two zips, a wheel, their checksums, and the folder for plugins.

    python tools/pack.py [--out dist] [--vendor FOLDER]

`--vendor` is a folder that `pip install --target` filled from tools/vendored.txt; without it the
packages of this interpreter go into the offline archive. The archives are reproducible: files are
sorted, times are SOURCE_DATE_EPOCH or the date of the version in CHANGELOG.md.
"""

import argparse
import hashlib
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from chat_completions import __version__  # noqa: E402
from chat_completions.cli.install import ENTRY_POINT, NAME, skill_files, vendored_packages  # noqa: E402

SOURCES = (
    *("LICENSE", "README.md", "SKILL.md", "pyproject.toml"),
    *("agents", "references", "scripts", "templates", "tests/cassettes"),
)
PLUGIN_FILES = (".claude-plugin/marketplace.json", ".claude-plugin/plugin.json", "LICENSE")
SMALL, OFFLINE = f"{NAME}.zip", f"{NAME}-offline.zip"
EARLIEST = 315532800  # the first second a zip can name


def main() -> None:
    """Make all archives and print their sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--vendor", type=Path)
    options = parser.parse_args()
    if options.vendor and not options.vendor.is_dir():
        sys.exit(f"Error: there is no folder {str(options.vendor)!r}.")
    for file in pack(options.out, options.vendor):
        print(f"{file.stat().st_size:>9,}  {file.name}")


def pack(out: Path, vendor: Path | None = None) -> list[Path]:
    """Make the archives in `out`, and return their paths, SHA256SUMS last."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / NAME
        tree.mkdir()
        _copy_sources(tree)
        skill = skill_files(tree)
        (out / SMALL).write_bytes(zip_files(skill))
        offline = {**skill, **vendored_packages(vendor, native=False)}
        (out / OFFLINE).write_bytes(zip_files(offline))
        made = [out / SMALL, out / OFFLINE, _wheel(tree, out)]
    _plugin(out / "plugin", offline)
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in made]
    (out / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")
    return [*made, out / "SHA256SUMS"]


def moment() -> int:
    """Return the time of all packed files, in seconds since 1970."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        if not epoch.isdecimal():
            sys.exit(f"Error: SOURCE_DATE_EPOCH is {epoch!r}, not a number of seconds.")
        return max(EARLIEST, int(epoch))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    day = re.search(rf"^## {re.escape(__version__)} – (\d{{4}}-\d\d-\d\d)$", changes, re.MULTILINE)
    if day is None:
        sys.exit(f"Error: CHANGELOG.md has no date for version {__version__}.")
    return int(datetime.fromisoformat(day[1]).replace(tzinfo=timezone.utc).timestamp())


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of the files below one top folder, the same bytes for the same files."""
    when = datetime.fromtimestamp(moment(), timezone.utc).timetuple()[:6]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", when)
            entry.create_system = 3  # Unix, wherever it was packed
            entry.external_attr = (stat.S_IFREG | (0o755 if name == ENTRY_POINT else 0o644)) << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 9)
    return held.getvalue()


def _copy_sources(tree: Path) -> None:
    """Copy the sources of the archives, without generated files and without their permissions."""
    ignored = shutil.ignore_patterns("__pycache__", ".*", "vendor")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=ignored, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(ROOT / name, tree / name)


def _wheel(tree: Path, out: Path) -> Path:
    """Return the wheel, which hatchling builds from the copy with sorted files and a fixed time."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tree.parent / "wheel")]
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(moment())}
    built = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    if built.returncode:
        sys.exit(f"Error: the wheel cannot be built: {built.stderr.strip()[-300:]}\nHint: pip install hatchling")
    wheel = next((tree.parent / "wheel").glob("*.whl"))
    return Path(shutil.copyfile(wheel, out / wheel.name))


def _plugin(tree: Path, skill: Mapping[str, bytes]) -> None:
    """Write the folder for channels that need `skills/NAME/`: as a repository it is a marketplace and a plugin."""
    if tree.exists():
        shutil.rmtree(tree)
    files = {f"skills/{NAME}/{name}": data for name, data in skill.items()}
    files.update({name: (ROOT / name).read_bytes() for name in PLUGIN_FILES})
    for name, data in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(data)


if __name__ == "__main__":
    main()
