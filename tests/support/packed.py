"""The archives as `make pack` makes them, once in a test process, and the command in a home of its own."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pack

ROOT = Path(__file__).resolve().parents[2]
ENTRY_POINT = ROOT / "scripts" / "chat-completions.py"
SMALL, OFFLINE = pack.SMALL, pack.OFFLINE


@cache
def pack_archives() -> Path:
    """Return the folder with the archives; it goes when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="packed-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    pack.pack(folder)
    return folder


def unpack(archive: Path, folder: Path) -> Path:
    """Return the one folder that was in the archive."""
    with ZipFile(archive) as file:
        file.extractall(folder)
    return folder / "chat-completions"


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, but what Python compiled."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def run(home: Path, *arguments: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command of the full package, at home in `home`."""
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home / "tmp"), "LANG": "C.UTF-8", **env}
    command = [sys.executable, str(ENTRY_POINT), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd or home, env=clean, capture_output=True, text=True, check=False)
