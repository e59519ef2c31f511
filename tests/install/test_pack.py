"""The archives: what is in them, that the same sources give the same bytes, and that they write the same programs."""

import hashlib
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pack
import pytest
import scan
import yaml
from chat_completions import __version__
from chat_completions.cli.install import PACKAGES
from support.packed import OFFLINE, ROOT, SMALL, pack_archives, tree, unpack

IN_WHEEL = "chat_completions/.agents/skills/chat-completions/"
ALLOWED = re.compile(r"chat-completions/(LICENSE|SKILL\.md|agents/openai\.yaml|(references|scripts|templates)/.+)")


def content(archive: Path) -> dict[str, bytes]:
    with ZipFile(archive) as file:
        return {name: file.read(name) for name in file.namelist()}


def wheel() -> Path:
    return next(pack_archives().glob("*.whl"))


def test_the_small_archive_is_an_allow_list_of_plain_text() -> None:
    for name, data in content(pack_archives() / SMALL).items():
        assert ALLOWED.fullmatch(name), name
        assert not re.search(r"/(chat_completions/live|chat_completions/replay|vendor|__pycache__)/", name), name
        assert Path(name).name not in ("README.md", "metadata.json")
        assert not re.search(r"[^\n\x20-\U0010ffff]", data.decode()), name


def test_no_file_of_the_skill_is_forgotten() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not listed and os.environ.get("CI") != "true":
        pytest.skip("not a git checkout")
    left_out = re.compile(r"scripts/chat_completions/(live/|replay/|cli/(install|network)\.py)")
    parts = ("agents/", "references/", "scripts/", "templates/")
    expected = {
        name for name in listed if name.startswith(parts) and not left_out.match(name) and (ROOT / name).exists()
    }
    packed = {name.partition("/")[2]: data for name, data in content(pack_archives() / SMALL).items()}
    assert packed == {name: (ROOT / name).read_bytes() for name in expected | {"LICENSE", "SKILL.md"}}


def test_the_offline_archive_adds_the_packages_and_their_licences() -> None:
    small, offline = content(pack_archives() / SMALL), content(pack_archives() / OFFLINE)
    assert small.items() <= offline.items()
    added = [name.removeprefix("chat-completions/scripts/vendor/") for name in offline.keys() - small.keys()]
    code = [name for name in added if ".dist-info/" not in name]
    assert {name.partition("/")[0] for name in code} == set(PACKAGES.values())
    assert all(name.endswith(".py") for name in code)
    assert {name.partition("-")[0].lower() for name in added if "LICENSE" in name} == set(PACKAGES)


def test_the_packages_are_all_that_ours_needs() -> None:
    needed, todo = set(), ["jinja2", "pyyaml", "click"]
    while todo:
        name = todo.pop()
        needed.add(name)
        lines = [line for line in metadata.requires(name) or [] if not re.search(r"extra ==|win32|Windows", line)]
        todo += [re.split(r"[^\w-]", line)[0].lower() for line in lines]
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "tools" / "vendored.txt").read_text(), re.MULTILINE)
    assert needed == set(PACKAGES) == set(pinned)


def test_everything_lies_below_one_folder_and_one_file_is_executable() -> None:
    for archive in (SMALL, OFFLINE):
        with ZipFile(pack_archives() / archive) as file:
            modes = {entry.filename: entry.external_attr >> 16 for entry in file.infolist()}
        assert list(modes) == sorted(modes)
        assert {name.split("/")[0] for name in modes} == {"chat-completions"}
        assert modes.pop("chat-completions/scripts/chat-completions.py") == 0o100755
        assert set(modes.values()) == {0o100644}


def test_the_same_sources_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o077)
    try:
        monkeypatch.setenv("TZ", "Asia/Shanghai")
        pack.pack(tmp_path / "again")
    finally:
        os.umask(before)
    for name in (SMALL, OFFLINE, wheel().name, "SHA256SUMS"):
        assert (tmp_path / "again" / name).read_bytes() == (pack_archives() / name).read_bytes(), name
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert pack.zip_files({"SKILL.md": b"x"}) != pack.zip_files({"SKILL.md": b"y"})
    assert pack.moment() == 1000000000


@pytest.mark.parametrize(
    ("arguments", "env", "message"),
    [([], {"SOURCE_DATE_EPOCH": "soon"}, "SOURCE_DATE_EPOCH is 'soon'"), (["--vendor", "no/where"], {}, "no/where")],
)
def test_an_error_of_packing_is_one_line(
    arguments: list[str], env: dict[str, str], message: str, tmp_path: Path
) -> None:
    command = [sys.executable, str(ROOT / "tools" / "pack.py"), "--out", str(tmp_path / "out"), *arguments]
    result = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr.count("\n"), message in result.stderr) == (1, 1, True)


def test_archive_wheel_sums_and_plugin_agree() -> None:
    small, whole = content(pack_archives() / SMALL), content(wheel())
    for name, data in small.items():
        assert whole[IN_WHEEL + name.partition("/")[2]] == data, name
    metadata_text = next(data.decode() for name, data in whole.items() if name.endswith(".dist-info/METADATA"))
    assert f"\nVersion: {__version__}\n" in metadata_text
    front = yaml.safe_load(small["chat-completions/SKILL.md"].decode().split("---")[1])
    assert front["metadata"]["version"] == __version__
    for line in (pack_archives() / "SHA256SUMS").read_text().splitlines():
        sum_, name = line.split("  ")
        assert hashlib.sha256((pack_archives() / name).read_bytes()).hexdigest() == sum_
    plugin = pack_archives() / "plugin"
    inside = {f"chat-completions/{name}": data for name, data in tree(plugin / "skills" / "chat-completions").items()}
    assert inside == content(pack_archives() / OFFLINE)
    assert {path.name for path in plugin.iterdir()} == {".claude-plugin", "LICENSE", "skills"}


def test_the_strict_scan_allows_the_number_of_files_as_low_and_nothing_else() -> None:
    finding = {"rule_id": "EXCESSIVE_FILE_COUNT", "severity": "LOW"}
    assert scan.is_allowed(finding)
    assert not scan.is_allowed({**finding, "severity": "MEDIUM"})
    assert not scan.is_allowed({**finding, "rule_id": "ANOTHER_RULE"})


SOME_PROGRAMS = """
import json, sys
from chat_completions.errors import ChatCompletionsError
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.types import ProgramRequest

FIELDS = ("gateway", "task", "language", "library", "protocol", "stream", "asynchronous")
requests_by_kind = {}
for combination in offered_combinations():
    request = {name: getattr(combination, name) for name in FIELDS}
    requests_by_kind.setdefault((request["language"], request["library"], request["task"]), request)

def program(request):
    try:
        return generate_program(ProgramRequest(**request)).code
    except ChatCompletionsError as problem:
        return f"Error: {problem}"

json.dump([[request, program(request)] for request in requests_by_kind.values()], sys.stdout)
"""


def test_the_unpacked_archive_writes_the_programs_of_the_sources(tmp_path: Path) -> None:
    """YAML's parser in Python and no package of the interpreter give what the sources and its parser in C give."""
    scripts = unpack(pack_archives() / OFFLINE, tmp_path) / "scripts"
    written = []
    for path, flags in ((f"{scripts}:{scripts / 'vendor'}", ["-S"]), (str(ROOT / "scripts"), [])):
        env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TMPDIR": str(tmp_path), "PYTHONPATH": path}
        command = [sys.executable, *flags, "-c", SOME_PROGRAMS]
        result = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        written.append(json.loads(result.stdout))
    assert written[0] == written[1]
    whole = [request["language"] for request, code in written[0] if not code.startswith("Error: ")]
    assert {"python", "javascript"} <= set(whole)
