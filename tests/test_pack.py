"""The archives: what is in them, that the same sources give the same bytes, that all versions agree."""

import hashlib
import io
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pack
import pytest
import yaml
from chat_completions import __version__
from chat_completions.installing import contents, packages
from support.packed import OFFLINE, ROOT, SMALL, names, packed, wheel

IN_WHEEL = "chat_completions/.agents/skills/chat-completions/"
ALLOWED = re.compile(r"chat-completions/(LICENSE|SKILL\.md|agents/openai\.yaml|(references|scripts|templates)/.+)")


def content(archive: Path) -> dict[str, bytes]:
    with ZipFile(archive) as file:
        return {name: file.read(name) for name in file.namelist()}


def spread(archive: Path) -> dict[str, bytes]:
    """The files of the skill as they are in the sources."""
    return {name.partition("/")[2]: data for name, data in content(archive).items()}


def test_the_small_archive_is_an_allow_list() -> None:
    for name in names(packed() / SMALL):
        assert ALLOWED.fullmatch(name), name
        last = name.rsplit("/", 1)[-1]
        assert last not in ("README.md", "metadata.json")
        assert not last.startswith("_") or last in ("__init__.py", "__main__.py"), name
        assert not {"live", "replay", "installing", "vendor", "__pycache__"} & set(name.split("/")), name


def test_the_small_archive_is_plain_text() -> None:
    found = content(packed() / SMALL)
    for name, data in found.items():
        assert data.decode().isprintable() or not re.search(r"[^\n\x20-\U0010ffff]", data.decode()), name


def test_no_file_of_the_skill_is_forgotten() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not listed and os.environ.get("CI") != "true":
        pytest.skip("not a git checkout")
    parts = ("agents/", "references/", "scripts/", "templates/")
    left_out = ("scripts/chat_completions/live/", "scripts/chat_completions/installing/")
    wanted = {one for one in listed if one.startswith(parts) and not one.startswith(left_out) and (ROOT / one).exists()}
    assert spread(packed() / SMALL) == {name: (ROOT / name).read_bytes() for name in wanted | {"LICENSE", "SKILL.md"}}


def test_the_offline_archive_adds_the_packages_and_their_licences() -> None:
    small, offline = content(packed() / SMALL), content(packed() / OFFLINE)
    assert small.items() <= offline.items()
    added = [name.removeprefix("chat-completions/scripts/vendor/") for name in offline.keys() - small.keys()]
    modules = set(packages.PACKAGES.values())
    assert {name.partition("/")[0] for name in added if ".dist-info/" not in name} == modules
    assert all(name.endswith(".py") for name in added if ".dist-info/" not in name)
    licences = {name.partition("-")[0].lower() for name in added if "LICENSE" in name}
    assert licences == set(packages.PACKAGES)


def test_the_packages_are_all_that_ours_needs() -> None:
    needed, todo = set(), ["jinja2", "pyyaml", "click"]
    while todo:
        one = todo.pop()
        needed.add(one)
        todo += [
            re.split(r"[^\w-]", line)[0].lower()
            for line in metadata.requires(one) or []
            if "extra ==" not in line and "win32" not in line.lower() and "Windows" not in line
        ]
    assert needed == set(packages.PACKAGES)
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "tools" / "vendored.txt").read_text(), re.MULTILINE)
    assert set(pinned) == needed


def test_everything_lies_below_one_folder_and_only_the_door_runs() -> None:
    for archive in (SMALL, OFFLINE):
        with ZipFile(packed() / archive) as file:
            entries = file.infolist()
        assert {one.filename.split("/")[0] for one in entries} == {"chat-completions"}
        modes = {one.filename: one.external_attr >> 16 for one in entries}
        assert modes.pop("chat-completions/scripts/chat-completions.py") == 0o100755
        assert set(modes.values()) == {0o100644}
        assert [one.filename for one in entries] == sorted(one.filename for one in entries)


def test_the_same_sources_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o077)
    try:
        monkeypatch.setenv("TZ", "Asia/Shanghai")
        pack.pack(tmp_path / "again")
    finally:
        os.umask(before)
    for name in (SMALL, OFFLINE, wheel().name, "SHA256SUMS"):
        assert (tmp_path / "again" / name).read_bytes() == (packed() / name).read_bytes(), name


def test_the_time_is_the_day_of_the_version_or_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    day = re.search(rf"## {__version__} – (\d+)-(\d+)-(\d+)\n", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert day
    for archive in (packed() / SMALL, packed() / OFFLINE, wheel()):
        with ZipFile(archive) as file:
            assert {one.date_time[:3] for one in file.infolist()} == {tuple(map(int, day.groups()))}
    usual = pack.zipped({"SKILL.md": b"x"})
    for asked, year in (("1000000000", 2001), ("0", 1980)):  # a zip knows no earlier year
        monkeypatch.setenv("SOURCE_DATE_EPOCH", asked)
        assert pack.zipped({"SKILL.md": b"x"}) != usual
        with ZipFile(io.BytesIO(pack.zipped({"SKILL.md": b"x"}))) as file:
            assert file.infolist()[0].date_time[0] == year


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [([], {"SOURCE_DATE_EPOCH": "soon"}, "SOURCE_DATE_EPOCH is 'soon'"), (["--vendor", "no/where"], {}, "no/where")],
)
def test_what_cannot_be_packed_is_one_line(words: list[str], env: dict[str, str], said: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "pack.py"), "--out", str(tmp_path / "out"), *words]
    ran = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert said in ran.stderr


def test_archive_wheel_and_header_say_the_same() -> None:
    small, whole = content(packed() / SMALL), content(wheel())
    for name, data in spread(packed() / SMALL).items():
        assert whole[IN_WHEEL + name] == data, name
    about = next(data.decode() for name, data in whole.items() if name.endswith(".dist-info/METADATA"))
    assert f"\nVersion: {__version__}\n" in about
    header = small["chat-completions/scripts/chat-completions.py"].decode()
    required = set(re.findall(r"^Requires-Dist: (\S+)$", about, re.MULTILINE))
    assert required == set(re.findall(r'"([^"]+)"', header.split("dependencies = ")[1].split("\n")[0]))
    assert f'requires-python = "{re.findall("^Requires-Python: (.*)$", about, re.MULTILINE)[0]}"' in header
    front = yaml.safe_load(small["chat-completions/SKILL.md"].decode().split("---")[1])
    assert front["metadata"]["version"] == __version__


def test_the_sums_are_those_of_the_files() -> None:
    lines = (packed() / "SHA256SUMS").read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == [SMALL, OFFLINE, wheel().name]
    for line in lines:
        sum_, name = line.split("  ")
        assert hashlib.sha256((packed() / name).read_bytes()).hexdigest() == sum_


def test_the_tree_for_plugins_is_the_offline_skill_and_two_manifests() -> None:
    plugin = packed() / "plugin"
    inside = plugin / "skills" / "chat-completions"
    files = {one.relative_to(inside).as_posix(): one.read_bytes() for one in inside.rglob("*") if one.is_file()}
    assert {f"chat-completions/{name}": data for name, data in files.items()} == content(packed() / OFFLINE)
    assert {one.name for one in plugin.iterdir()} == {".claude-plugin", "LICENSE", "skills"}


def test_a_wheel_that_cannot_be_built_is_one_line(tmp_path: Path) -> None:
    code = "import pathlib, sys, pack; pack._wheel(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1]))"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: the wheel cannot be built")


def test_only_what_is_the_skill_s_is_taken(tmp_path: Path) -> None:
    (tmp_path / "SKILL.md").write_text("---\n")
    for name in ("vendor/x.py", "live/x.py", ".hidden/x.py", "_private.py", "notes", "x.txt", "__pycache__/x.pyc"):
        (tmp_path / "scripts" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "scripts" / name).write_text("x\n")
    (tmp_path / "scripts" / "taken.py").write_text("x\n")
    (tmp_path / "scripts" / "link.py").symlink_to(tmp_path / "SKILL.md")
    assert sorted(contents.skill(tmp_path)) == ["SKILL.md", "scripts/taken.py"]


def test_of_a_package_that_is_there_twice_the_first_counts(tmp_path: Path) -> None:
    for version in ("2", "1"):
        about = tmp_path / f"click-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: click\nVersion: {version}\n")
        (about / "RECORD").write_text(f"click-{version}.dist-info/METADATA,,\n")
    assert len(list(packages._papers("click", [str(tmp_path)]))) == 1  # noqa: SLF001
