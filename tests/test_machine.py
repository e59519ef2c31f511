"""Written programs where the machine is in the way: a full disk, no room for files, an odd certificate."""

import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from threading import Thread

import pytest
from support.cases import Case, reply
from support.programs import Shape, program
from support.running import COMMANDS, SUFFIXES, missing
from support.serving import Server
from support.trials import KEY, Trial, check

SHELL = [Shape("shell", "curl", stream) for stream in (False, True)]
SHAPES = [*SHELL, *(Shape("javascript", "fetch", stream) for stream in (False, True))]
FULL = Path("/dev/full")


def tried(shape: Shape, folder: Path, url: str, *, into: Path | None = None, path: str = "") -> tuple[int, bytes, str]:
    """Exit code, stdout and stderr of this program; what it prints may go into a file."""
    if lacking := missing(shape.language, shape.library):
        pytest.skip(f"{shape} needs {lacking}")
    file = folder / f"program{SUFFIXES[shape.language]}"
    file.write_text(program(shape).code, encoding="utf-8")
    env = {"PATH": path + os.environ["PATH"], "AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": url}
    with (into or folder / "stdout").open("wb") as stdout:
        ran = subprocess.run(
            [*COMMANDS[shape.language], str(file)],
            env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, timeout=60,
            check=False,
        )  # fmt: skip
    return ran.returncode, b"" if into else (folder / "stdout").read_bytes(), ran.stderr.decode()


def good(shape: Shape) -> Server:
    return Server([reply("good", shape.mode, shape.wire, {})])


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_full_disk_is_one_line(shape: Shape, tmp_path: Path) -> None:
    with good(shape) as server:
        code, _, said = tried(shape, tmp_path, server.url, into=FULL)
    assert (code, said.count("\n"), len(server.requests)) == (1, 1, 1)
    assert said.startswith("Error: cannot write the answer: ")
    assert "no space left on device" in said.lower()


@pytest.mark.parametrize("shape", SHELL, ids=str)
def test_without_room_for_temporary_files_nothing_is_sent(shape: Shape, tmp_path: Path) -> None:
    """The folder is there, and takes no file: as on a full disk."""
    (tmp_path / "mktemp").write_text("#!/bin/sh\necho /proc/self\n")
    (tmp_path / "mktemp").chmod(0o755)
    with good(shape) as server:
        code, out, said = tried(shape, tmp_path, server.url, path=f"{tmp_path}:")
    assert (code, out, said) == (2, b"", "Error: no room for temporary files\n")
    assert server.requests == []


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_an_answer_without_room_for_it_is_not_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "curl").write_text(
        '#!/bin/sh\nexec "$REAL" "$@" >/dev/full\n'.replace("$REAL", str(shutil.which("curl")))
    )
    (tmp_path / "curl").chmod(0o755)
    with good(SHELL[0]) as server:
        code, out, said = tried(SHELL[0], tmp_path, server.url, path=f"{tmp_path}:")
    assert (code, out, said) == (1, b"", "Error: no room for temporary files\n")
    assert len(server.requests) == 1


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
@pytest.mark.parametrize("shape", SHELL, ids=str)
def test_a_certificate_that_nobody_vouches_for_is_told_at_once(shape: Shape, tmp_path: Path) -> None:
    made = ["-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", *made], cwd=tmp_path, check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    greeted: list[str] = []

    def greet(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            greeted.append("hello")
            with connection:
                try:
                    context.wrap_socket(connection, server_side=True)
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=greet, args=(listener,), daemon=True).start()
        url = f"https://localhost:{listener.getsockname()[1]}/v1"
        code, out, said = tried(shape, tmp_path, url)
    assert (code, out) == (1, b"")
    assert said == f"Error: cannot reach {url} (its certificate cannot be verified)\n"
    assert len(greeted) == 1


def test_an_event_of_nothing_ends_no_stream_in_the_shell(tmp_path: Path) -> None:
    """A case of streams.yaml leaves it open whether such an answer is one; the shell reads on."""
    said = 'data: null\n\ndata: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    with Server([reply({"type": "text/event-stream", "text": said}, "stream", SHELL[1].wire, {})]) as server:
        assert tried(SHELL[1], tmp_path, server.url) == (0, b"Hi\n", "")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_proxy_that_wants_a_password_is_asked_once(shape: Shape) -> None:
    if lacking := missing(shape.language, shape.library):
        pytest.skip(f"{shape} needs {lacking}")
    case = Case(
        id="proxy-wants-a-password",
        group="environment",
        base="https://gw.example.com/v1",
        env={"HTTPS_PROXY": "<HERE>"},
        path="gw.example.com:443",
        authorized=False,
        replies=[{"status": 407, "text": "who are you"}],
        exit=1,
        stderr=[r"^Error: the proxy refused the connection(: | \(HTTP 407\)$)"],
    )
    check([Trial(case, shape)])
