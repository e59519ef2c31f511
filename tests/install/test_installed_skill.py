"""The skill as it is installed opens no socket, starts no process, and reads no key."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.packed import OFFLINE, SMALL, pack_archives, unpack

# Ends the process at the first thing that the skill must not do, and notes what it reads and loads.
GUARD = """
import json, os, runpy, sys

FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.system", "os.posix_spawn", "os.fork", "os.spawn", "ctypes.",
             "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.")
read, wrote = set(), set()

class Environment(dict):
    def __getitem__(self, name):
        read.add(name)
        return super().__getitem__(name)
    def get(self, name, default=None):
        read.add(name)
        return super().get(name, default)
    def __contains__(self, name):
        read.add(name)
        return super().__contains__(name)
    def __iter__(self):
        read.add("*")
        return super().__iter__()
    items = values = keys = copy = __iter__

def watch(event, args):
    if event.startswith(FORBIDDEN):
        os.write(2, f"the skill did {event} {args}\\n".encode())
        os._exit(99)
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        wrote.add(str(args[0]))

note, entry, *arguments = sys.argv[1:]
os.environ = Environment(os.environ)
sys.addaudithook(watch)
sys.argv = [entry, *arguments]
try:
    runpy.run_path(entry, run_name="__main__")
finally:
    loaded = [name for name in ("socket", "ssl", "http.client", "urllib.request") if name in sys.modules]
    seen = {"read": sorted(read), "wrote": sorted(wrote), "loaded": loaded}
    with open(note, "w") as file:
        json.dump(seen, file)
"""
COMMANDS = [
    ["write", "Say hello"],
    ["write", "Say hello", "--language", "javascript", "--stream", "--format", "json"],
    ["choose", "--task", "code"],
    ["list", "models", "--gateway", "aitoll"],
    ["write", "Hello", "--gateway", "nothing-like-it"],
    ["write", "--run"],
    ["install", "--agent", "all"],
    ["--help"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_socket_no_process_no_key(arguments: list[str], tmp_path: Path) -> None:
    entry = unpack(pack_archives() / OFFLINE, tmp_path) / "scripts" / "chat-completions.py"
    note, temporary = tmp_path / "note.json", tmp_path / "tmp"
    temporary.mkdir()
    keys = dict.fromkeys(["AITOLL_API_KEY", "AIREITER_API_KEY", "AINATIVE_API_KEY", "AICLIENT2API_API_KEY"], "canary")
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TMPDIR": str(temporary), **keys}
    command = [sys.executable, "-I", "-S", "-B", "-c", GUARD, str(note), str(entry), *arguments]
    result = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode in (0, 2, 3), result.stderr
    seen = json.loads(note.read_text())
    assert seen["loaded"] == []
    assert [name for name in seen["read"] if name == "*" or re.search("API_KEY|TOKEN|SECRET|_BASE_URL", name)] == []
    assert [path for path in seen["wrote"] if not path.startswith(str(temporary))] == []


def test_the_guard_detects_a_socket_and_a_key(tmp_path: Path) -> None:
    entry, note = tmp_path / "entry.py", tmp_path / "note.json"
    command = [sys.executable, "-I", "-S", "-c", GUARD, str(note), str(entry)]
    entry.write_text("import socket; socket.create_connection(('127.0.0.1', 9))")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 99
    entry.write_text("import os; os.environ.get('X_API_KEY')")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert json.loads(note.read_text())["read"] == ["X_API_KEY"]


def run_small(tmp_path: Path, uv: str | None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the small archive by an interpreter that has no package, and perhaps with a `uv`."""
    entry = unpack(pack_archives() / SMALL, tmp_path) / "scripts" / "chat-completions.py"
    programs = tmp_path / "bin"
    programs.mkdir()
    if uv is not None:
        (programs / "uv").write_text(uv)
        (programs / "uv").chmod(0o755)
    command = [sys.executable, "-I", "-S", str(entry), "write", "a b", "--stream"]
    env = {"PATH": str(programs), **env}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_without_packages_it_restarts_through_uv_and_says_so(tmp_path: Path) -> None:
    result = run_small(tmp_path, '#!/bin/sh\nfor one in "$@"; do echo "$one"; done\n')
    assert result.stderr == "not installed here: click jinja2 pyyaml: starting again with uv, which may download it\n"
    run, script, entry, *arguments = result.stdout.splitlines()
    assert (run, script, arguments) == ("run", "--script", ["write", "a b", "--stream"])
    assert Path(entry).name == "chat-completions.py"


@pytest.mark.parametrize(("uv", "env"), [(None, {}), ("#!/bin/sh\nexit 9\n", {"CHAT_COMPLETIONS_RESTARTED": "1"})])
def test_without_packages_and_uv_it_says_what_installs_them(
    uv: str | None, env: dict[str, str], tmp_path: Path
) -> None:
    result = run_small(tmp_path, uv, **env)
    install = f"{sys.executable} -m pip install click jinja2 pyyaml"
    assert result.stderr == f"Error: not installed here: click jinja2 pyyaml.\nHint: {install}\n"
    assert result.returncode == 1


def test_one_missing_package_is_named_alone(tmp_path: Path) -> None:
    entry = unpack(pack_archives() / OFFLINE, tmp_path) / "scripts" / "chat-completions.py"
    os.rename(entry.parent / "vendor" / "yaml", tmp_path / "yaml")  # noqa: PTH104
    command = [sys.executable, "-I", "-S", str(entry), "list", "tasks"]
    result = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert result.stderr.startswith("Error: not installed here: pyyaml.\n")


def test_its_instructions_name_no_command_that_is_not_in_it(tmp_path: Path) -> None:
    text = (unpack(pack_archives() / SMALL, tmp_path) / "SKILL.md").read_text(encoding="utf-8")
    assert not re.search(r"--run\b|`(check|record|replay|install|uninstall)\b|list installed", text)
