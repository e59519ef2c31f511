"""What only written Python programs meet: packages that are old or missing, and what else Python does."""

import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.cases import Case
from support.plays import Play, attempt
from support.programs import Shape, program, shapes
from support.trials import Trial, examine

SHAPES = [one for one in shapes() if one.language == "python"]
CLIENTS: Sequence[Shape] = list({one.client: one for one in SHAPES if not one.stream}.values())
# Those that get the arguments of tools as text.
TOOLS = [*shapes("plain", "openai-chat", "tools"), *shapes("stream", "openai-chat", "tools")]
TOOLS = [one for one in [*TOOLS, *shapes("stream", "anthropic-messages", "tools")] if one.language == "python"]
NO_SOCKS = "import sys\n\nsys.modules['socks'] = sys.modules['socksio'] = None\n"
SOCKS = "socks5://127.0.0.1:9"
ELSEWHERE = "https://gw.example.com/v1"
FULL = "/dev/full"
DEEP = "[" * 100_000

OLD = {
    "openai": "import openai\n\ndel openai.Omit\n",
    "anthropic": "import anthropic\n\ndel anthropic.Omit\n",
    "requests": "from urllib3 import response\n\n"
    "del response.HTTPResponse.shutdown, response.BaseHTTPResponse.shutdown\n",
}


def check(shape: Shape, case: Case, before: str = "", warm: bool = True) -> None:
    """Fails unless the program, after these lines of Python, does what the case wants."""
    assert examine(before + program(shape).code, Trial(case, shape, warm=warm)) == []


@pytest.mark.parametrize("shape", CLIENTS, ids=str)
def test_a_proxy_for_all_is_left_alone_where_there_is_one_for_https(shape: Shape) -> None:
    case = Case(
        "x",
        "proxy",
        base=ELSEWHERE,
        env={"HTTPS_PROXY": "<HERE>", "ALL_PROXY": SOCKS},
        replies=[{"status": 502}],
        exit=1,
        stderr=["^Error: cannot reach"],
        requests=[1, 2, 3],
        path="gw.example.com:443",
        authorized=False,
    )
    check(shape, case, NO_SOCKS, warm=False)


@pytest.mark.parametrize("shape", CLIENTS, ids=str)
def test_a_proxy_that_needs_a_package_is_told_in_one_line(shape: Shape) -> None:
    env, line = {"ALL_PROXY": SOCKS}, r"^Error: cannot send: .*SOCKS.*pip install .*\[socks\]"
    check(shape, Case("x", "proxy", base=ELSEWHERE, env=env, exit=2, requests=0, stderr=[line]), NO_SOCKS, warm=False)


@pytest.mark.parametrize("shape", CLIENTS, ids=str)
def test_this_machine_is_asked_without_a_proxy(shape: Shape) -> None:
    case = Case("x", "proxy", env={"ALL_PROXY": SOCKS}, replies=["good"], stdout="Hello", usage=True)
    check(shape, case, NO_SOCKS, warm=False)


@pytest.mark.skipif(not Path(FULL).exists(), reason="no disk here is always full")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_full_disk_is_told(shape: Shape) -> None:
    line = "^Error: cannot write the answer: No space left on device$"
    full = f"import os\n\nos.dup2(os.open({FULL!r}, os.O_WRONLY), 1)\n"
    check(shape, Case("x", "disk", replies=["good"], exit=1, stderr=[line]), full)


@pytest.mark.skipif(sys.platform != "linux", reason="a full queue may refuse elsewhere")
@pytest.mark.parametrize("shape", CLIENTS, ids=str)
def test_a_connection_that_hangs_is_tried_again(shape: Shape) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        with socket.create_connection(address):  # the queue is full: nobody else is let in
            check_slow(shape, f"http://127.0.0.1:{address[1]}")


@pytest.mark.parametrize("shape", CLIENTS, ids=str)
def test_a_handshake_that_hangs_is_tried_again(shape: Shape) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_slow(shape, f"https://127.0.0.1:{server.getsockname()[1]}")


def check_slow(shape: Shape, base: str) -> None:
    """Fails unless the program tries three times to connect, for a second each."""
    code, found = re.subn(r"\b10, 120\b", "1, 120", program(shape).code)
    assert found == 1
    case = Case("x", "net", base=base, exit=1, requests=0, stderr=[r"^Error: cannot reach .*\(.*timed out\)$"], least=4)
    assert examine(code, Trial(case, shape)) == []


@pytest.mark.parametrize("shape", [one for one in SHAPES if one.library in OLD and one.stream], ids=str)
def test_a_package_that_is_too_old_is_told_before_anything_is_asked(shape: Shape) -> None:
    line = f"^Error: a package is missing or too old: pip install '?{shape.library}"
    check(shape, Case("x", "old", exit=2, requests=0, stderr=[line]), OLD[shape.library])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_json_that_is_too_deep_is_no_json(shape: Shape) -> None:
    kind = "text/event-stream" if shape.stream else "application/json"
    reply = {"type": kind, "text": f"data: {DEEP}\n\n" if shape.stream else DEEP}
    line = "^Error: unreadable event in the stream$" if shape.stream else r"^Error: not JSON \(application/json\)"
    check(shape, Case("x", "deep", replies=[reply], exit=1, stderr=[line]))
    check(shape, Case("x", "deep", replies=[{**reply, "status": 400}], exit=1, stderr=["^Error: HTTP 400: "]))


@pytest.mark.parametrize("shape", CLIENTS, ids=str)
def test_details_of_an_error_are_told_as_json(shape: Shape) -> None:
    reply = {"status": 422, "json": {"detail": [{"loc": ["body", 0], "msg": "it's required"}]}}
    line = r'^Error: HTTP 422: \[{"loc": \["body", 0\], "msg": "it\'s required"}\]$'
    check(shape, Case("x", "detail", replies=[reply], exit=1, stderr=[line]))


@pytest.mark.parametrize("shape", CLIENTS, ids=str)
def test_closed_stderr_spoils_no_answer(shape: Shape) -> None:
    check(shape, Case("x", "stderr", replies=["good"], stdout="Hello"), "import sys\n\nsys.stderr = None\n")


@pytest.mark.parametrize("shape", TOOLS, ids=str)
def test_arguments_that_are_no_json_are_told_to_the_model(shape: Shape) -> None:
    results = ['{"error":"the arguments are not a JSON object"}']
    said = {"calls": [["c1", "get_time", '{"city": "Oslo", "x": NaN}']], "results": results}
    play = Play("x", "tools", replies=[said, {"say": "Done."}], stdout="Done.\n", rounds=2)
    assert attempt(play, shape, "whole") == []
