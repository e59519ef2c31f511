"""`install --from`: the sum is checked first, and a harmful archive is refused before anything is written."""

import hashlib
import io
import shutil
import socket
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest
from chat_completions.errors import BadInput, ChatCompletionsError
from chat_completions.installing import archive
from chat_completions.live import download
from support.packed import OFFLINE, SMALL, packed, run, served, tree

GOOD = {"chat-completions/SKILL.md": b"---", "chat-completions/scripts/chat-completions.py": b"#!"}


def zipped(*more: tuple[str | zipfile.ZipInfo, bytes], files: dict[str, bytes] | None = None, kind: int = 0) -> bytes:
    held = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(held, "w", kind) as file:
        warnings.simplefilter("ignore")  # a name twice is meant
        for name, data in [*(files or GOOD).items(), *more]:
            file.writestr(name, data)
    return held.getvalue()


def entry(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo("x")
    made.filename = name
    made.create_system = 3
    made.external_attr = mode << 16
    return made


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


def lying() -> bytes:
    """A directory that says 9 bytes of a file that has 3."""
    data = zipped()
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"PK\x01\x02"))
    return data[: at + 24] + struct.pack("<I", 9) + data[at + 28 :]


HARMFUL = {
    ("leads out", "lead out"): zipped((entry("chat-completions/../../x"), b"")),
    ("leads out at once", "lead out"): zipped((entry("../x"), b"")),
    ("absolute", "relative path"): zipped((entry("/etc/x"), b"")),
    ("a drive", "relative path"): zipped((entry("C:/x"), b"")),
    ("backslashes", "relative path"): zipped((entry("chat-completions\\..\\x"), b"")),
    ("an empty part", "lead out"): zipped((entry("chat-completions//x"), b"")),
    ("a dot", "lead out"): zipped((entry("chat-completions/./x"), b"")),
    ("a NUL", "lead out"): patched(zipped((entry("chat-completions/aXb"), b"")), b"aXb", b"a\0b"),
    ("a line break", "lead out"): zipped((entry("chat-completions/a\nb"), b"")),
    ("another top folder", "not below"): zipped((entry("other/x"), b"")),
    ("no top folder", "not below"): zipped((entry("x"), b"")),
    ("a file for the folder", "not below"): zipped((entry("chat-completions"), b"")),
    ("a link", "special file"): zipped((entry("chat-completions/x", stat.S_IFLNK | 0o777), b"/etc/passwd")),
    ("a device", "special file"): zipped((entry("chat-completions/x", stat.S_IFCHR | 0o666), b"")),
    ("a folder that is a file", "special file"): zipped((entry("chat-completions/x", stat.S_IFDIR | 0o755), b"")),
    ("twice", "twice"): zipped((entry("chat-completions/x"), b""), (entry("chat-completions/x"), b"")),
    ("twice where case does not count", "twice"): zipped(
        (entry("chat-completions/x"), b""), (entry("chat-completions/X"), b"")
    ),
    ("twice in two spellings", "twice"): zipped(
        (entry("chat-completions/\u00e9"), b""), (entry("chat-completions/e\u0301"), b"")
    ),
    ("file and folder", "and as a folder"): zipped(
        (entry("chat-completions/x"), b""), (entry("chat-completions/x/y"), b"")
    ),
    ("too many", "too large"): zipped(
        *((entry(f"chat-completions/{number}"), b"") for number in range(archive.MOST_FILES))
    ),
    ("encrypted", "encrypted"): patched(zipped(), b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0"),
    ("packed by LZMA", "packed in a way"): zipped(kind=zipfile.ZIP_LZMA),
    ("packed by bzip2", "packed in a way"): zipped(kind=zipfile.ZIP_BZIP2),
    ("a wrong checksum", "broken"): patched(zipped(), b"---", b"-+-"),
    ("a size that lies", "another size"): lying(),
    ("no SKILL.md", "holds no"): zipped(files={"chat-completions/scripts/chat-completions.py": b"#!"}),
    ("no door", "holds no"): zipped(files={"chat-completions/SKILL.md": b"---"}),
    ("cut", "broken"): zipped()[:-30],
    ("no zip", "broken"): b"<html>",
    ("empty", "broken"): b"",
}


@pytest.mark.parametrize(("kind", "said"), HARMFUL)
def test_a_harmful_archive_is_refused(kind: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as found:
        archive.unpacked(HARMFUL[kind, said])
    assert found.value.hint


def test_one_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in [*GOOD.items(), ("chat-completions/big", bytes(archive.MOST_BYTES))]:
            file.writestr(name, data)
    assert len(bomb.getvalue()) < archive.MOST_BYTES // 100
    monkeypatch.setattr(zipfile.ZipFile, "open", None)  # not a byte of it is read
    with pytest.raises(BadInput, match="too large"):
        archive.unpacked(bomb.getvalue())


def test_folders_may_be_named_too() -> None:
    folders = [(entry(f"chat-completions/{name}", stat.S_IFDIR | 0o755), b"") for name in ("", "scripts/")]
    assert archive.unpacked(zipped(*folders)).keys() == {"SKILL.md", "scripts/chat-completions.py"}


def test_packages_that_an_archive_brings_are_kept_as_they_are(tmp_path: Path) -> None:
    run(tmp_path, "install", "--dir", tmp_path, "--from", packed() / OFFLINE)
    with zipfile.ZipFile(packed() / OFFLINE) as file:
        brought = {one for one in file.namelist() if one.startswith("chat-completions/scripts/vendor/")}
    found = {
        str(one.relative_to(tmp_path))
        for one in (tmp_path / "chat-completions" / "scripts" / "vendor").rglob("*")
        if one.is_file() and one.suffix != ".pyc"
    }
    assert found == brought


def test_a_host_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.zip"
        with pytest.raises(ChatCompletionsError, match="timed out"):
            download.verified(url, "0" * 64, lambda _: None)


def test_a_good_one_is_taken_whole() -> None:
    assert set(archive.unpacked(zipped((entry("chat-completions/references/"), b"")))) == {
        one.partition("/")[2] for one in GOOD
    }


def test_nothing_is_written_for_a_refused_one(tmp_path: Path) -> None:
    file = tmp_path / "tmp" / "bad.zip"
    file.parent.mkdir()
    file.write_bytes(HARMFUL["leads out", "lead out"])
    ran = run(tmp_path, "install", "--agent", "claude", "--from", file)
    assert ran.returncode == 2
    assert "could lead out of its folder" in ran.stderr
    assert set(tree(tmp_path)) == {"tmp/bad.zip"}


def sum_of(name: str) -> str:
    return hashlib.sha256((packed() / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", [SMALL, OFFLINE])
def test_from_a_file_the_sums_beside_it_count(name: str, tmp_path: Path) -> None:
    ran = run(tmp_path, "install", "--agent", "claude", "--from", packed() / name)
    assert ran.returncode == 0, ran.stderr
    assert "Not checked" not in ran.stderr
    inside = tmp_path / ".claude" / "skills" / "chat-completions"
    assert (inside / "scripts" / "vendor" / "jinja2").is_dir()
    for changed, said in ((b"x", "is not what was asked for"), (None, "Not checked")):
        copy = tmp_path / "tmp" / name
        shutil.copy(packed() / name, copy)
        if changed:
            shutil.copy(packed() / "SHA256SUMS", copy.parent)
            copy.write_bytes(copy.read_bytes() + changed)
        else:
            (copy.parent / "SHA256SUMS").unlink()
        again = run(tmp_path, "install", "--dir", tmp_path / "other", "--from", copy)
        assert said in again.stderr
        assert again.returncode == (2 if changed else 0)
        assert (tmp_path / "other").exists() == (again.returncode == 0)


def test_from_an_address(tmp_path: Path) -> None:
    with served(
        packed(), {"/moved": f"/{SMALL}", "/away": "http://gw.example.com/x", "/down": "ftp://127.0.0.1/x"}
    ) as url:
        for path, sum_, code, said in (
            (SMALL, None, 2, "needs --sha256"),
            (SMALL, "12", 2, "64 hexadecimal digits"),
            (SMALL, "0" * 64, 2, "is not what was asked for"),
            ("missing", "0" * 64, 1, "404"),
            ("away", sum_of(SMALL), 2, "is not an https address"),
            ("down", sum_of(SMALL), 2, "is not an https address"),
            ("moved", sum_of(SMALL).upper(), 0, ""),
        ):
            words = [] if sum_ is None else ["--sha256", sum_]
            ran = run(tmp_path, "install", "--agent", "claude", "--from", f"{url}/{path}", *words)
            assert ran.returncode == code, (path, ran.stderr)
            assert said in ran.stderr
            assert ran.stderr.count("\n") <= 2
            assert (tmp_path / ".claude").exists() == (code == 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://gw.example.com/x.zip",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "https://user:pw@gw.example.com/x",
        "https:///x",
    ],
)
def test_only_https_or_this_machine(url: str) -> None:
    with pytest.raises(BadInput):
        download.verified(url, "0" * 64, print)


def test_a_download_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.zip").write_bytes(bytes(1001))
    monkeypatch.setattr(download, "MOST_BYTES", 1000)
    with served(tmp_path) as url:
        for source in (str(tmp_path / "x.zip"), f"{url}/x.zip"):
            with pytest.raises(BadInput, match="larger than 1000"):
                download.verified(source, "0" * 64, print)


def test_a_folder_or_nothing_is_no_archive(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.zip"):
        with pytest.raises(BadInput, match="cannot be read"):
            download.verified(str(path), None, print)


def test_a_list_of_sums_that_is_odd_is_no_sum(tmp_path: Path) -> None:
    copy = tmp_path / "tmp" / SMALL
    copy.parent.mkdir()
    shutil.copy(packed() / SMALL, copy)
    for odd in ("é" * 64, "0" * 63, "g" * 64):
        (copy.parent / "SHA256SUMS").write_text(f"{odd}  {SMALL}\n", encoding="utf-8")
        ran = run(tmp_path, "install", "--agent", "claude", "--from", copy)
        assert ran.returncode == 0, ran.stderr
        assert "Not checked" in ran.stderr
