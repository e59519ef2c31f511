"""`replay`: the stand-in answers right under load, in the frames that were recorded, and in trouble on request."""

import http.client
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from chat_completions.generate import make
from chat_completions.planning.types import ProgramRequest
from chat_completions.replay import cassette, faults
from chat_completions.replay import cassette_store as library
from chat_completions.replay.cassette import Exchange
from chat_completions.replay.server import serving
from support.cells import CASSETTES
from support.commands import command, environment, started
from support.running import run

KEY = "key-of-the-tests-0123456789"
AITOLL = [one for name in ("chat", "chat-stream") for one in cassette.read(CASSETTES / "aitoll" / f"{name}.yaml")]
READY = 0.5  # seconds


def asked(url: str, exchange: Exchange, key: str = KEY, body: Any = None) -> tuple[int, http.client.HTTPMessage, bytes]:
    """The reply to the request of an exchange, sent to the stand-in."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    headers = {name: re.sub("<key>", key, value) for name, value in exchange.headers.items()}
    sent = json.dumps(body or exchange.body).encode() if exchange.method == "POST" else None
    try:
        connection.request(exchange.method, parts.path + exchange.path, sent, headers)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


@contextmanager
def standing_in(home: Path, *words: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The command `replay` while the block runs, as its address and its process."""
    process = started("replay", *words, "--port", "0", home=home)
    with process:  # closes its pipes
        yield from _ready(process)


def _ready(process: "subprocess.Popen[str]") -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    try:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://127.0.0.1:\d+", line)
        assert found, process.communicate(timeout=5)
        yield found[0], process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def test_forty_requests_eight_at_a_time_stay_right() -> None:
    exchanges = [one for one in library.of_gateway("aireiter") if isinstance(one.body, dict)]
    with serving(exchanges) as replay, ThreadPoolExecutor(8) as pool:
        wanted = [exchanges[number % len(exchanges)] for number in range(40)]
        got = list(pool.map(lambda one: asked(replay.url, one), wanted))
    first = {json.dumps([one.path, one.body]): one for one in reversed(exchanges)}
    for exchange, (status, _, body) in zip(wanted, got, strict=True):
        right = first[json.dumps([exchange.path, exchange.body])]
        assert (status, body) == (right.status, b"".join(right.chunks))
    assert replay.misses == []
    assert len(replay.played) == 40


def test_a_stream_comes_in_the_frames_that_were_recorded() -> None:
    streams = [one for one in AITOLL if one.framed]
    with serving(streams) as replay:
        connection = http.client.HTTPConnection(urlsplit(replay.url).netloc, timeout=10)
        connection.request(
            "POST", streams[0].path, json.dumps(streams[0].body), {**streams[0].headers, "authorization": "Bearer x"}
        )
        reply = connection.getresponse()
        frames = []
        while size := int(reply.fp.readline().strip(), 16):
            frames.append(reply.fp.read(size))
            reply.fp.readline()
        connection.close()
    assert frames == streams[0].chunks
    assert len(frames) > 3


def test_a_miss_says_what_differs_and_is_no_server_error() -> None:
    with serving(AITOLL) as replay:
        status, headers, body = asked(replay.url, AITOLL[0], body={**AITOLL[0].body, "model": "other"})
    assert status == 404
    assert headers["x-should-retry"] == "false"
    assert "aitoll/chat" in json.loads(body)["error"]["message"]
    assert "the body differs in model" in json.loads(body)["error"]["message"]
    assert len(replay.misses) == 1


def test_a_lenient_stand_in_answers_and_says_from_where() -> None:
    told: list[str] = []
    with serving(AITOLL, lenient=True, tell=told.append) as replay:
        status, headers, body = asked(replay.url, AITOLL[0], body={**AITOLL[0].body, "model": "other"})
    assert (status, body) == (200, b"".join(AITOLL[0].chunks))
    assert headers["x-replay-scene"] == "aitoll/chat (constructed)"
    assert told == ["replay: no cassette holds this request; answering from aitoll/chat (constructed)"]


def test_right_and_wrong_keys_get_what_was_recorded_for_each() -> None:
    exchanges = library.of_gateway("litellm")
    right = next(one for one in exchanges if one.scene == "litellm/chat")
    with serving(exchanges) as replay:
        statuses = [asked(replay.url, right, key)[0] for key in ("any", "wrong-key", "<wrong-key>", "poor-key")]
    assert statuses == [200, 401, 401, 422]


def test_a_request_that_a_scene_holds_twice_is_answered_in_order() -> None:
    twice = [AITOLL[0], AITOLL[0]._replace(chunks=[b'{"state": "done"}'])]
    with serving(twice) as replay:
        bodies = [asked(replay.url, AITOLL[0])[2] for _ in range(3)]
        assert replay.unplayed() == []
    assert bodies == [b"".join(twice[0].chunks), b'{"state": "done"}', b'{"state": "done"}']


TROUBLE = [
    ("429@9", 1, "HTTP 429"),
    ("500@9", 1, "HTTP 500"),
    ("402", 1, "HTTP 402"),
    ("500@1", 0, ""),
    ("429@2", 0, ""),
    ("cut", 1, "before the answer was complete"),
    ("dead", 1, ""),
    ("html", 1, "HTML"),
    ("empty", 1, ""),
    ("error", 1, "told to fail"),
    ("slow", 0, ""),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("fault", "code", "words"), TROUBLE)
def test_a_program_can_be_tried_against_trouble(fault: str, code: int, words: str, stream: bool) -> None:
    program = make(ProgramRequest("aitoll", task="chat", protocol="openai-chat", stream=stream))
    with serving(AITOLL, fault=faults.parsed(fault)) as replay:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": f"{replay.url}/api/gateway/api"}
        ran = run(program.code, "python", env)
    assert ran.code == code, ran.stderr
    assert not code or words.lower() in ran.stderr.lower()


def test_trouble_that_was_recorded_is_served_as_it_was() -> None:
    exchanges = library.of_gateway("litellm")
    chat = next(one for one in exchanges if one.scene == "litellm/chat")
    real = next(one for one in exchanges if one.status == 401 and one.path == chat.path)
    with serving(exchanges, fault=faults.parsed("401")) as replay:
        status, headers, body = asked(replay.url, chat)
    assert (status, body) == (401, b"".join(real.chunks))
    assert headers["x-replay-scene"].endswith("(recorded)")


@pytest.mark.parametrize(("words", "told"), [("503@0", "no number"), ("42", "no fault called '42'"), ("ctu", "'cut'")])
def test_a_fault_that_there_is_none_of_is_told(words: str, told: str, tmp_path: Path) -> None:
    ran = command("replay", "aitoll", "--fault", words, home=tmp_path)
    assert ran.returncode == 2
    assert told in ran.stderr


def test_the_command_serves_one_gateway_and_says_how_to_reach_it(tmp_path: Path) -> None:
    with standing_in(tmp_path, "aitoll") as (url, process):
        assert asked(url, AITOLL[0])[0] == 200
        assert process.stdout
        assert process.stdout.readline() == "export AITOLL_API_KEY=replayed-key\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr
        told = process.stderr.read()
    assert "constructed scenes on" in told
    assert "1 played, 0 missed." in told
    assert process.wait() == 130


def test_the_command_serves_all_gateways_each_under_its_name(tmp_path: Path) -> None:
    aireiter = library.of_gateway("aireiter")[0]
    with standing_in(tmp_path) as (url, _):
        assert asked(f"{url}/aireiter", aireiter)[2] == b"".join(aireiter.chunks)
        assert asked(f"{url}/aitoll", AITOLL[0])[2] == b"".join(AITOLL[0].chunks)
        assert asked(f"{url}/aitoll", aireiter)[0] == 404


def spent() -> float:
    """The processor time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("words", [["aitoll"], []], ids=["one", "all"])
def test_it_is_ready_in_half_a_second(words: list[str], tmp_path: Path) -> None:
    took = []
    for _ in range(3):
        before = spent()  # not the clock: other tests run at the same time
        with standing_in(tmp_path, *words):
            pass
        took.append(spent() - before)
    assert min(took) < READY, took


def test_it_needs_nothing_but_the_package(tmp_path: Path) -> None:
    """Only what the project depends on is loaded, and nothing of what the programs import."""
    code = (
        "import sys\n"
        "from chat_completions.replay import cassette_store as library, stand_in\n"
        "with stand_in.standing_in(None, 0, None, lenient=False, tell=lambda line: None) as replay:\n"
        "    assert replay.exchanges\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))\n"
    )
    path = os.pathsep.join([str(CASSETTES.parents[1] / "scripts")])
    env = {**environment(tmp_path), "PYTHONPATH": path}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    loaded = {name for name in json.loads(ran.stdout.replace("'", '"')) if not name.startswith(("_", "sitecustomize"))}
    assert loaded <= {"chat_completions", "yaml", "cython_runtime", "jinja2", "markupsafe", "click"}


def test_a_recording_of_the_user_s_own_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "cassettes" / "aitoll"
    own.mkdir(parents=True)
    text = (CASSETTES / "aitoll" / "chat.yaml").read_text(encoding="utf-8")
    (own / "chat.yaml").write_text(text.replace("label: constructed", "label: recorded"), encoding="utf-8")
    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path))
    found = library.of_gateway("aitoll")
    assert [one.label for one in found if one.scene == "aitoll/chat"] == ["recorded"]
    assert found[0].label == "recorded"


def test_one_program_is_answered_from_one_scene() -> None:
    """The state of a task is asked for in the same words whatever the task was."""
    exchanges = library.of_gateway("aireiter")
    program = make(ProgramRequest("aireiter", task="image"))
    with serving(exchanges) as replay:
        env = {"AIREITER_API_KEY": KEY, "AIREITER_BASE_URL": f"{replay.url}/api"}
        assert run(program.code, "python", env).code == 0
    assert {one.scene for one in replay.played} == {"aireiter/tasks-image"}
