"""The skill as it is installed opens no socket, starts no process, and reads no key."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.packed import OFFLINE, SMALL, packed, unpacked

# A door opener that ends the process at the first thing the skill must not do, and notes what it reads.
GUARD = """
import json, os, runpy, sys

FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.system", "os.posix_spawn", "os.fork", "os.spawn", "ctypes.",
             "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.")
read, wrote = set(), set()

class Seen(dict):
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

def watch(event, given):
    if event.startswith(FORBIDDEN):
        os.write(2, f"the skill did {event} {given}\\n".encode())
        os._exit(99)
    if event == "open" and isinstance(given[1], str) and set(given[1]) & set("wax+"):
        wrote.add(str(given[0]))

note, door, *words = sys.argv[1:]
os.environ = Seen(os.environ)
sys.addaudithook(watch)
sys.argv = [door, *words]
try:
    runpy.run_path(door, run_name="__main__")
finally:
    loaded = [one for one in ("socket", "ssl", "http.client", "urllib.request") if one in sys.modules]
    said = {"read": sorted(read), "wrote": sorted(wrote), "loaded": loaded}
    with open(note, "w") as file:
        json.dump(said, file)
"""
SOURCES = Path(__file__).resolve().parents[1] / "scripts"
CANARY = "canary-Zq7LmN4xT9vB2kWd"
JOBS = [
    ["write", "Say hello"],
    ["write", "Say hello", "--format", "markdown", "--language", "javascript", "--stream"],
    ["write", "Say hello", "--format", "json", "--language", "shell", "--priority", "quality"],
    ["choose", "--task", "code"],
    ["list", "gateways"],
    ["list", "models", "--gateway", "aitoll"],
    ["write", "Hello", "--gateway", "nothing-like-it"],
    ["write", "--run"],
    ["install", "--agent", "all"],
    ["--help"],
]
NETWORK = {"asyncio", "ftplib", "http", "multiprocessing", "smtplib", "socket", "socketserver", "ssl", "subprocess"}


@pytest.mark.parametrize("words", JOBS, ids=" ".join)
def test_no_socket_no_process_no_key(words: list[str], tmp_path: Path) -> None:
    door = unpacked(packed() / OFFLINE, tmp_path) / "scripts" / "chat-completions.py"
    note, temporary = tmp_path / "note.json", tmp_path / "tmp"
    temporary.mkdir()
    keys = dict.fromkeys(["AITOLL_API_KEY", "AIREITER_API_KEY", "AINATIVE_API_KEY", "AICLIENT2API_API_KEY"], CANARY)
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TMPDIR": str(temporary), **keys}
    command = [sys.executable, "-I", "-S", "-B", "-c", GUARD, str(note), str(door), *words]
    ran = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 2, 3), ran.stderr
    seen = json.loads(note.read_text())
    assert seen["loaded"] == []
    assert [one for one in seen["read"] if one == "*" or re.search("API_KEY|TOKEN|SECRET|_BASE_URL", one)] == []
    assert [one for one in seen["wrote"] if not one.startswith(str(temporary))] == []
    assert not [one for one in range(len(CANARY) - 7) if CANARY[one : one + 8] in ran.stdout + ran.stderr]


def test_the_guard_would_see_it(tmp_path: Path) -> None:
    for number, (code, code_wanted) in enumerate(
        [("import socket; socket.create_connection(('127.0.0.1', 9))", 99), ("import os; os.environ['X_API_KEY']", 1)]
    ):
        door, note = tmp_path / f"{number}.py", tmp_path / f"{number}.json"
        door.write_text(code)
        command = [sys.executable, "-I", "-S", "-c", GUARD, str(note), str(door)]
        ran = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
        assert ran.returncode == code_wanted, ran.stderr
    assert json.loads(note.read_text())["read"] == ["X_API_KEY"]


EVERY_CELL = """
import hashlib, json, sys
from chat_completions.planning.combinations import offered_combinations
from chat_completions.errors import ChatCompletionsError
from chat_completions.planning.types import ProgramRequest
from chat_completions.generate import make

def code(cell):
    try:
        return hashlib.sha256(make(ProgramRequest(**cell)).code.encode()).hexdigest()
    except ChatCompletionsError as problem:
        return str(problem)

cells = [dict(list(found._asdict().items())[:6]) for found in offered_combinations()]
json.dump([[cell, code(cell)] for cell in cells], sys.stdout)
"""


def test_it_writes_every_cell_as_the_sources_do(tmp_path: Path) -> None:
    """The files, and YAML's parser in Python, give what the sources and its parser in C give."""
    scripts = unpacked(packed() / OFFLINE, tmp_path) / "scripts"
    said = []
    for number, (path, flags) in enumerate([(f"{scripts}:{scripts / 'vendor'}", ["-S"]), (str(SOURCES), [])]):
        temporary = tmp_path / f"tmp{number}"
        temporary.mkdir()
        env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TMPDIR": str(temporary), "PYTHONPATH": path}
        command = [sys.executable, *flags, "-c", EVERY_CELL]
        ran = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        said.append(json.loads(ran.stdout))
    installed, ours = said
    assert len(ours) > 1000
    assert installed == ours
    assert not [one for one in ours if not re.fullmatch("[0-9a-f]{64}", one[1])]


def test_no_file_of_it_imports_what_could(tmp_path: Path) -> None:
    for file in sorted((unpacked(packed() / SMALL, tmp_path) / "scripts").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        modules = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        modules += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not {one.split(".")[0] for one in modules} & NETWORK, file
        assert not {"urllib.request", "urllib"} & set(modules), file
        starts = [
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and re.match("exec[lv]", node.attr)
        ]
        assert starts == (["execve"] if file.name == "chat-completions.py" else []), file


def test_its_words_name_no_command_that_is_not_in_it(tmp_path: Path) -> None:
    text = (unpacked(packed() / SMALL, tmp_path) / "SKILL.md").read_text(encoding="utf-8")
    assert not re.search(r"--run\b|`(check|record|replay|install|uninstall)\b|list installed", text)


def door_with(tmp_path: Path, uv: str | None, **env: str) -> subprocess.CompletedProcess[str]:
    """Opens the small archive's door with an interpreter that has no package, and perhaps a `uv`."""
    door = unpacked(packed() / SMALL, tmp_path) / "scripts" / "chat-completions.py"
    programs = tmp_path / "bin"
    programs.mkdir()
    if uv is not None:
        (programs / "uv").write_text(uv)
        (programs / "uv").chmod(0o755)
    command = [sys.executable, "-I", "-S", str(door), "write", "a b", "--stream"]
    env = {"PATH": str(programs), **env}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_without_packages_it_hands_over_to_uv_and_says_so(tmp_path: Path) -> None:
    ran = door_with(tmp_path, '#!/bin/sh\nfor one in "$@"; do echo "$one"; done\n')
    assert ran.returncode == 0
    assert ran.stderr == "not installed here: click jinja2 pyyaml: handing over to uv, which may download it\n"
    run, script, door, *words = ran.stdout.splitlines()
    assert (run, script, words) == ("run", "--script", ["write", "a b", "--stream"])
    assert Path(door).name == "chat-completions.py"


@pytest.mark.parametrize(("uv", "env"), [(None, {}), ("#!/bin/sh\nexit 9\n", {"CHAT_COMPLETIONS_HANDED_OVER": "1"})])
def test_without_packages_and_uv_it_says_what_installs_them(
    uv: str | None, env: dict[str, str], tmp_path: Path
) -> None:
    ran = door_with(tmp_path, uv, **env)
    assert ran.returncode == 1
    assert ran.stderr == (
        f"Error: not installed here: click jinja2 pyyaml.\nHint: {sys.executable} -m pip install click jinja2 pyyaml\n"
    )


def test_one_missing_package_is_named_alone(tmp_path: Path) -> None:
    door = unpacked(packed() / OFFLINE, tmp_path) / "scripts" / "chat-completions.py"
    os.rename(door.parent / "vendor" / "yaml", tmp_path / "yaml")  # noqa: PTH104
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(door), "list", "tasks"],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr.startswith("Error: not installed here: pyyaml.\n")
