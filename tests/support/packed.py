"""The archives as `make pack` makes them, once in a test process, and a server that offers them."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pack

ROOT = Path(__file__).resolve().parents[2]
DOOR = ROOT / "scripts" / "chat-completions.py"
SMALL, OFFLINE = pack.SMALL, pack.OFFLINE


@cache
def packed() -> Path:
    """The folder with the archives; it goes when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="packed-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    pack.pack(folder)
    return folder


def wheel() -> Path:
    """The wheel among the archives."""
    return next(packed().glob("*.whl"))


def names(archive: Path) -> list[str]:
    """The paths in an archive."""
    with ZipFile(archive) as file:
        return file.namelist()


def unpacked(archive: Path, folder: Path) -> Path:
    """The one folder that was in the archive."""
    with ZipFile(archive) as file:
        file.extractall(folder)
    return folder / "chat-completions"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def run(home: Path, *words: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs the whole package's command, at home in `home`."""
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home / "tmp"), "LANG": "C.UTF-8", **env}
    command = [sys.executable, str(DOOR), *map(str, words)]
    return subprocess.run(command, cwd=cwd or home, env=clean, capture_output=True, text=True, check=False)


@contextmanager
def served(folder: Path, redirects: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serves a folder on loopback while the block runs; yields the address."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in (redirects or {}):
                self.send_response(302)
                self.send_header("location", (redirects or {})[self.path])
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
