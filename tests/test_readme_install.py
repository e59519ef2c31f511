"""The README's own words for installing, run as they stand against archives on loopback."""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import set_address
from chat_completions import __version__
from chat_completions.installing import packages
from support.packed import OFFLINE, ROOT, packed, served, wheel

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
ADDRESS = re.findall(r"^export CHAT_COMPLETIONS_ADDRESS=(\S+)$", BLOCKS[0], re.MULTILINE)[0]


def block(mark: str) -> str:
    """The one block with these words in it."""
    found = [one for one in BLOCKS if mark in one]
    assert len(found) == 1, mark
    return str(found[0])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "tmp").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(packed()) as url:
        yield url


def pasted(home: Path, url: str, *blocks: str) -> subprocess.CompletedProcess[str]:
    """Runs blocks in one shell, in an empty home, with the address set where the README sets it."""
    script = "\n".join([BLOCKS[0].replace(ADDRESS, url), *blocks])
    path = Path(sys.executable).parent  # any python3 will do
    env = {"PATH": f"{path}:/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home / "tmp")}
    env.update(PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    return subprocess.run(["sh", "-c", script], cwd=home, env=env, capture_output=True, text=True, check=False)


def write_from(skill: Path) -> str:
    """A program by the installed skill, with an interpreter that has no package."""
    command = [sys.executable, "-I", "-S", str(skill / "scripts" / "chat-completions.py"), "write", "Say hello"]
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TMPDIR": str(skill.parents[2] / "tmp")}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("folder", [".claude/skills", ".agents/skills"])
def test_download_check_unpack(folder: str, home: Path, address: str) -> None:
    ran = pasted(home, address, block(f".zip ~/{folder}"))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == f"{OFFLINE}: OK\n"
    assert [one.name for one in (home / folder).iterdir()] == ["chat-completions"]
    assert "Say hello" in write_from(home / folder / "chat-completions")


def test_a_changed_archive_is_not_unpacked(home: Path, tmp_path: Path) -> None:
    for name in (OFFLINE, "SHA256SUMS"):
        shutil.copy(packed() / name, tmp_path / name)
    with (tmp_path / OFFLINE).open("ab") as file:
        file.write(b"x")
    with served(tmp_path) as url:
        ran = pasted(home, url, block(".zip ~/.claude/skills"))
    assert ran.returncode != 0
    assert "FAILED" in ran.stdout
    assert not (home / ".claude").exists()


def test_unpacking_anew_keeps_the_users_files_and_one_command_removes_all(home: Path, address: str) -> None:
    unpack = block(".zip ~/.claude/skills")
    assert pasted(home, address, unpack).returncode == 0
    mine = home / ".claude/skills/chat-completions/references/gateways/mine.yaml"
    mine.parent.mkdir()
    mine.write_text("name: Mine\n")
    assert pasted(home, address, unpack).returncode == 0
    assert mine.read_text() == "name: Mine\n"
    remove = re.findall(r"`(rm -r [^`]+)`", README)
    assert pasted(home, address, *remove).returncode == 0
    assert list((home / ".claude" / "skills").iterdir()) == []


def test_with_pip_one_command_serves_all_agents(home: Path, address: str) -> None:
    venv.create(home / ".chat-completions", symlinks=True)
    site = next((home / ".chat-completions").glob("lib/python*/site-packages"))
    for name, data in packages.vendored(native=True).items():  # what pip would fetch from its index
        file = site / name.removeprefix(packages.FOLDER + "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    ran = pasted(home, address, block("pip install"))
    assert ran.stdout.count("Installed ") == 2, ran.stderr
    for folder in (".claude/skills", ".agents/skills"):
        assert "Say hello" in write_from(home / folder / "chat-completions")
    gone = pasted(home, address, block("uninstall"))
    assert gone.stdout.count(f"\t{__version__}\t") == 2
    assert gone.stdout.count("Removed ") == 2
    assert [one.name for one in home.iterdir()] == ["tmp"]
    assert list((home / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "address", ["http://a.example.com", "https://a.example.com/x y", 'https://a.example.com/"$(id)"']
)
def test_an_address_that_a_shell_would_take_apart_is_refused(address: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(f'version = "1.0"\naddress = "{address}"\n')
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "tools" / "set_address.py")], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: ")
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == README


def test_the_address_stands_in_one_place() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\naddress = "{ADDRESS}"\n' in project
    assert set_address.changed(README, ADDRESS, __version__) == README
    moved = set_address.changed(README, "https://other.example.org/x", "9.9.9")
    assert ADDRESS not in moved
    assert moved.count("https://other.example.org/x") == README.count(ADDRESS) >= 3
    assert wheel().name.replace(__version__, "9.9.9") in moved
    host = ADDRESS.split("/")[2]
    tracked = subprocess.run(["git", "grep", "-lF", host], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode == 0 or os.environ.get("CI") == "true":
        assert sorted(tracked.stdout.split()) == ["README.md", "pyproject.toml"]


def test_the_sentences_name_what_there_is() -> None:
    quoted = re.findall(r"(?:^> .*\n)+", README, re.MULTILINE)
    english, chinese = (" ".join(one.replace("> ", "").split()) for one in quoted)
    for sentence in (english, chinese):
        named = re.findall(rf"{re.escape(ADDRESS)}/([\w.-]+)", sentence)
        assert named == [OFFLINE]
        assert (packed() / named[0]).is_file()
        for word in ("SHA256SUMS", "~/.claude/skills", "~/.agents/skills", "chat-completions"):
            assert word in sentence
    assert re.search("[\u4e00-\u9fff]{10}", chinese)


def test_the_address_is_written_and_checked(tmp_path: Path) -> None:
    tool = tmp_path / "tools" / "set_address.py"
    shutil.copytree(ROOT / "tools", tool.parent)
    (tmp_path / "README.md").write_bytes(README.encode())
    (tmp_path / "pyproject.toml").write_text('version = "9.9.9"\naddress = "https://a.example.org/x/"\n')
    codes = [
        subprocess.run([sys.executable, str(tool), *words], capture_output=True, check=False).returncode
        for words in (["--check"], [], ["--check"])
    ]
    assert codes == [1, 0, 0]
    wanted = set_address.changed(README, "https://a.example.org/x", "9.9.9")
    assert (tmp_path / "README.md").read_bytes() == wanted.encode()
