"""Runs a written program in its own interpreter, against an address of ours."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from chat_completions.errors import NotOffered
from chat_completions.shapes import Snippet

LOOPBACK = "127.0.0.1,localhost"
NOWHERE = dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"], "http://127.0.0.1:9")


class Ran(NamedTuple):
    """What became of a program; `files` are those it saved."""

    code: int
    stdout: bytes
    stderr: str
    files: Mapping[str, bytes]

    @property
    def last(self) -> str:
        """The last line it wrote to stderr: what it used, or why it failed."""
        return self.stderr.rstrip("\n").rpartition("\n")[2]


def interpreter(snippet: Snippet) -> list[str]:
    """The command that runs the program; NotOffered where there is none on this machine."""
    name, *rest = snippet.run.split()
    if rest != [snippet.filename]:
        raise NotOffered("--run starts programs; this file belongs into an app.", f"There: {snippet.run}")
    found = sys.executable if name == "python3" else shutil.which(name)
    if not found:
        raise NotOffered(f"{name} is not on this machine.", f"Install {name}, or choose another --language.")
    return [found]


def environment(snippet: Snippet, key: str, base_url: str) -> dict[str, str]:
    """Ours, with this key and address; what goes to loopback goes there directly."""
    own = {snippet.plan.auth.key: key, snippet.plan.base_url_env: base_url, "NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}
    return {**os.environ, **own}


def run(snippet: Snippet, key: str, base_url: str, *, offline: bool = False) -> Ran:
    """Runs the program in an empty folder and keeps all it did; `offline`, it reaches this machine only."""
    command = interpreter(snippet)
    with tempfile.TemporaryDirectory() as name:
        folder, work = Path(name), Path(name) / "work"
        work.mkdir()
        program = placed(snippet, folder)
        ran = subprocess.run(
            [*command, str(program)],
            cwd=work,
            env={**environment(snippet, key, base_url), **(NOWHERE if offline else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        files = {file.name: file.read_bytes() for file in sorted(work.iterdir()) if file.is_file()}
    return Ran(ran.returncode, ran.stdout, ran.stderr.decode("utf-8", "replace"), files)


def placed(snippet: Snippet, folder: Path) -> Path:
    """The program as a file; JavaScript is lent the packages of the current folder."""
    program = folder / snippet.filename
    program.write_text(snippet.code, encoding="utf-8")
    installed = Path.cwd() / "node_modules"
    if installed.is_dir():
        (folder / "node_modules").symlink_to(installed, target_is_directory=True)
    return program
