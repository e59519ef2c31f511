"""The README's own commands for installing, run as they stand against archives on loopback."""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import set_address
from chat_completions import __version__
from chat_completions.cli.install import vendored_packages
from support.packed import OFFLINE, ROOT, pack_archives

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
ADDRESS = re.findall(r"^export CHAT_COMPLETIONS_ADDRESS=(\S+)$", "".join(BLOCKS), re.MULTILINE)[0]


def block(mark: str) -> str:
    """Return the one block of shell that contains a text."""
    (text_of_block,) = [text for text in BLOCKS if mark in text]
    return str(text_of_block)


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback while the block runs; yield the address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve_folder(pack_archives()) as url:
        yield url


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "tmp").mkdir(parents=True)
    return tmp_path / "home"


def paste(home: Path, url: str, *blocks: str) -> subprocess.CompletedProcess[str]:
    """Run blocks in one shell, in an empty home, with the address set where the README sets it."""
    script = "\n".join([block("export CHAT_COMPLETIONS_ADDRESS=").replace(ADDRESS, url), *blocks])
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home / "tmp")}
    env.update(PIP_NO_INDEX="1", PIP_NO_DEPS="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    return subprocess.run(["sh", "-c", script], cwd=home, env=env, capture_output=True, text=True, check=False)


def choose_with(skill: Path) -> str:
    """Return what the installed skill prints, by an interpreter that has no package."""
    command = [sys.executable, "-I", "-S", str(skill / "scripts" / "chat-completions.py"), "choose", "--task", "code"]
    return subprocess.run(command, env={"HOME": "/nonexistent"}, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("folder", [".claude/skills", ".agents/skills"])
def test_download_check_unpack_and_remove(folder: str, home: Path, address: str) -> None:
    result = paste(home, address, block(f".zip ~/{folder}"))
    assert (result.returncode, result.stdout) == (0, f"{OFFLINE}: OK\n"), result.stderr
    assert [path.name for path in (home / folder).iterdir()] == ["chat-completions"]
    assert choose_with(home / folder / "chat-completions").startswith("Model: ")
    if folder == ".claude/skills":
        assert paste(home, address, *re.findall(r"`(rm -r [^`]+)`", README)).returncode == 0
        assert list((home / folder).iterdir()) == []


def test_a_changed_archive_is_not_unpacked(home: Path, tmp_path: Path) -> None:
    for name in (OFFLINE, "SHA256SUMS"):
        shutil.copy(pack_archives() / name, tmp_path / name)
    with (tmp_path / OFFLINE).open("ab") as file:
        file.write(b"x")
    with serve_folder(tmp_path) as url:
        result = paste(home, url, block(".zip ~/.claude/skills"))
    assert result.returncode != 0
    assert "FAILED" in result.stdout
    assert not (home / ".claude").exists()


def test_with_pip_one_command_serves_all_agents(home: Path, address: str) -> None:
    venv.create(home / ".chat-completions", symlinks=True)
    site = next((home / ".chat-completions").glob("lib/python*/site-packages"))
    for name, data in vendored_packages(native=True).items():  # what pip would fetch from its index
        file = site / name.removeprefix("scripts/vendor/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    result = paste(home, address, block("pip install"))
    assert result.stdout.count("Installed ") == 2, result.stderr
    for folder in (".claude/skills", ".agents/skills"):
        assert choose_with(home / folder / "chat-completions").startswith("Model: ")
    gone = paste(home, address, block("uninstall"))
    assert gone.stdout.count(f"\t{__version__}\t") == 2
    assert gone.stdout.count("Removed: ") == 2
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_the_sentences_for_an_agent_name_what_there_is() -> None:
    quoted = [" ".join(text.replace("> ", "").split()) for text in re.findall(r"(?:^> .*\n)+", README, re.MULTILINE)]
    sentences = [text for text in quoted if ADDRESS in text]
    assert len(sentences) == 2
    for sentence in sentences:
        assert re.findall(rf"{re.escape(ADDRESS)}/([\w.-]+)", sentence) == [OFFLINE]
        for part in ("SHA256SUMS", "~/.claude/skills", "~/.agents/skills", "chat-completions"):
            assert part in sentence


def test_the_address_is_set_in_one_place() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\naddress = "{ADDRESS}"\n' in project
    assert set_address.replace_address(README, ADDRESS, __version__) == README
    tracked = subprocess.run(["git", "grep", "-lF", ADDRESS], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode == 0 or os.environ.get("CI") == "true":
        assert sorted(tracked.stdout.split()) == ["README.md", "pyproject.toml"]


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("https://a.example.org/x/", [1, 0, 0]),
        ("http://a.example.com", [1, 1, 1]),
        ('https://a.example.com/"$(id)"', [1, 1, 1]),  # a shell would take it apart
    ],
)
def test_another_address_is_checked_and_written(address: str, codes: list[int], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "README.md").write_bytes(README.encode())
    (tmp_path / "pyproject.toml").write_text(f'version = "9.9.9"\naddress = "{address}"\n')
    command = [sys.executable, str(tmp_path / "tools" / "set_address.py")]
    result = [
        subprocess.run([*command, *options], capture_output=True, check=False)
        for options in (["--check"], [], ["--check"])
    ]
    assert [item.returncode for item in result] == codes
    moved = set_address.replace_address(README, "https://a.example.org/x", "9.9.9")
    assert (tmp_path / "README.md").read_bytes() == (README if codes[1] else moved).encode()
    assert ADDRESS not in moved
    assert "chat_completions-9.9.9-py3" in moved
