"""`record`: what it stores, what it refuses to store, and how it goes on after an interruption."""

import contextlib
import gzip
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from chat_completions.generate import make
from chat_completions.planning.types import ProgramRequest
from chat_completions.replay import cassette, faults
from chat_completions.replay.server import Replay, serving
from support.canary import traces
from support.cells import CASSETTES
from support.commands import command, started
from support.replies import Reply
from support.running import run
from support.serving import Server, closed_port

KEY = "sk-Zq7Vw2Xk9Rt4Lm6Bn8Hd0Pc3"
ENV = {"AITOLL_API_KEY": KEY}
CELLS = "chat/python/requests"
JSON = [("content-type", "application/json")]
TOKENS = {"prompt_tokens": 14, "completion_tokens": 11, "total_tokens": 25}


@contextlib.contextmanager
def gateway(fault: str = "") -> Iterator[Replay]:
    """Something that answers as AITOLL might, or fails; it takes any key but the wrong one."""
    scenes = [one for name in ("chat", "chat-stream") for one in cassette.read(CASSETTES / "aitoll" / f"{name}.yaml")]
    with serving(scenes, fault=faults.parsed(fault) if fault else None) as replay:
        replay.url += "/api/gateway/api"
        yield replay


def stored(home: Path) -> list[str]:
    """The files that a recording left, whatever they are."""
    return sorted(file.name for file in (home / "cassettes").rglob("*") if file.is_file())


def answering(text: str, *more: tuple[str, str]) -> Reply:
    message = {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": TOKENS,
    }
    return Reply(headers=[*JSON, *more], body=json.dumps(message).encode())


def test_what_is_stored_is_what_was_served_and_plays_again(tmp_path: Path) -> None:
    with gateway() as live:
        words = ["record", "aitoll", "--cells", f"{CELLS}/whole,{CELLS}/stream", "--base-url", live.url]
        ran = command(*words, "--software", "A gateway 1.2", "--note", "a note", home=tmp_path, env=ENV)
    assert ran.returncode == 0
    assert stored(tmp_path) == ["chat-stream.yaml", "chat.yaml"]
    assert ran.stdout.splitlines() == [
        str(tmp_path / f"cassettes/aitoll/{name}.yaml") for name in ("chat", "chat-stream")
    ]
    assert KEY not in ran.stdout + ran.stderr
    assert "prompt_tokens: 14" in ran.stderr
    for name in ("chat", "chat-stream"):
        ours, theirs = (
            yaml.safe_load((root / "aitoll" / f"{name}.yaml").read_text())
            for root in (tmp_path / "cassettes", CASSETTES)
        )
        assert ours["interactions"][0]["response"] | {"headers": 0} == theirs["interactions"][0]["response"] | {
            "headers": 0
        }
        assert ours["interactions"][0]["request"]["uri"] == theirs["interactions"][0]["request"]["uri"]
        about = ours["provenance"]
        assert (about["label"], about["source"], about["note"]) == ("recorded", "A gateway 1.2", "a note")
        assert (about["mock"], about["by"]) == (False, "python/requests")
        program = make(ProgramRequest("aitoll", library="httpx", **ours["write"]))
        with serving(cassette.read(tmp_path / "cassettes" / "aitoll" / f"{name}.yaml")) as replay:
            env = {"AITOLL_API_KEY": "another", "AITOLL_BASE_URL": f"{replay.url}/api/gateway/api"}
            again = run(program.code, "python", env)
        assert (again.code, again.stdout.decode()) == (0, ours["expect"]["stdout"])
        assert not replay.misses
        assert not replay.unplayed()


REFUSED = [
    ("401", "key refused"),
    ("402", "no credit left"),
    ("403", "not allowed"),
    ("429", "rate limit"),
    ("404", "ended with 1"),
    ("500", "ended with 1"),
    ("cut", "did not answer whole"),
    ("dead", "did not answer whole"),
    ("html", "ended with 1"),
    ("empty", "ended with 1"),
    ("error", "ended with 1"),
]


@pytest.mark.parametrize(("fault", "words"), REFUSED)
def test_a_gateway_that_fails_leaves_no_scene(fault: str, words: str, tmp_path: Path) -> None:
    with gateway(fault) as live:
        cells = "chat/python/requests/stream" if fault == "cut" else "chat/python/requests"
        ran = command("record", "aitoll", "--cells", cells, "--base-url", live.url, home=tmp_path, env=ENV)
    assert ran.returncode == 1
    assert words in ran.stderr
    assert "Missing: chat" in ran.stderr
    assert stored(tmp_path) == []
    assert ran.stdout == ""
    if fault in ("401", "402", "403", "429", "dead"):  # no other scene would fare better
        assert ran.stderr.count("[") == 1


def test_a_gateway_that_cannot_be_reached_is_asked_once(tmp_path: Path) -> None:
    with closed_port() as url:
        ran = command("record", "aitoll", "--cells", CELLS, "--base-url", url, home=tmp_path, env=ENV)
    assert ran.returncode == 1
    assert "did not answer whole: Connection refused" in ran.stderr
    assert "Missing: chat, chat-stream." in ran.stderr
    assert stored(tmp_path) == []


def test_a_failure_that_the_program_overcame_is_not_in_the_scene(tmp_path: Path) -> None:
    with gateway("500@1") as live:
        cells = "chat/whole/python/requests"
        command("record", "aitoll", "--cells", cells, "--base-url", live.url, home=tmp_path, env=ENV)
    statuses = [one.status for one in cassette.read(tmp_path / "cassettes" / "aitoll" / "chat.yaml")]
    assert statuses == [200]


def test_a_second_run_records_only_what_is_missing(tmp_path: Path) -> None:
    words = ["record", "aitoll", "--cells", f"{CELLS}/whole,{CELLS}/stream", "--base-url"]
    with Server([answering("Hello"), Reply(status=401)]) as live:
        first = command(*words, live.url, home=tmp_path, env=ENV)
    assert first.stdout.splitlines() == [str(tmp_path / "cassettes" / "aitoll" / "chat.yaml")]
    assert "Missing: chat-stream." in first.stderr
    before = (tmp_path / "cassettes" / "aitoll" / "chat.yaml").read_bytes()
    with gateway() as live_again:
        second = command(*words, live_again.url, home=tmp_path, env=ENV)
    assert "Going on: 1 scenes were recorded before" in second.stderr
    assert [exchange.scene for exchange in live_again.played] == ["aitoll/chat-stream"]
    assert (tmp_path / "cassettes" / "aitoll" / "chat.yaml").read_bytes() == before
    assert len(second.stdout.splitlines()) == 2


def test_ctrl_c_leaves_no_half_cassette(tmp_path: Path) -> None:
    slow = Reply(headers=[("content-type", "text/event-stream")], chunks=[b"data: {}\n\n"] * 100, pause=0.2)
    with Server([answering("Hello"), slow]) as live:
        words = ["record", "aitoll", "--cells", f"{CELLS}/whole,{CELLS}/stream", "--base-url", live.url]
        process = started(*words, home=tmp_path, env=ENV)
        end = time.monotonic() + 30
        while len(live.requests) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130, told
    assert stored(tmp_path) == [".recording.json", "chat.yaml"]
    assert len(cassette.read(tmp_path / "cassettes" / "aitoll" / "chat.yaml")) == 1


def test_a_gateway_that_shows_the_key_gives_nothing_away(tmp_path: Path) -> None:
    shown = f"your key is {KEY}, in short {KEY[:9]}…{KEY[-8:]}"
    with Server([answering(shown, ("x-account", KEY), ("set-cookie", f"key={KEY}"))]) as live:
        words = ["record", "aitoll", "--cells", "chat/whole/python/requests", "--base-url", live.url]
        ran = command(*words, home=tmp_path, env=ENV)
    text = (tmp_path / "cassettes" / "aitoll" / "chat.yaml").read_text()
    assert "<key>, in short <key>…<key>" in text
    assert traces(KEY, text + ran.stdout + ran.stderr) == []
    assert "set-cookie" not in text
    assert live.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_personal_data_is_warned_about(tmp_path: Path) -> None:
    with Server([answering("Ask ada.lovelace@example.org")]) as live:
        words = ["record", "aitoll", "--cells", "chat/whole/python/requests", "--base-url", live.url]
        ran = command(*words, home=tmp_path, env=ENV)
    assert "Warning: chat.yaml holds what may be personal: an e-mail address (ada…" in ran.stderr
    assert "lovelace" not in ran.stderr


def test_a_wrong_key_and_a_wrong_model_have_scenes_of_their_own(tmp_path: Path) -> None:
    with Server(
        [Reply(status=401, headers=JSON, body=b'{"error": {"message": "no such key"}}'), Reply(status=404)]
    ) as live:
        words = ["record", "aitoll", "--cells", "wrong-key/requests,wrong-model/requests", "--base-url", live.url]
        ran = command(*words, home=tmp_path, env=ENV)
    assert ran.returncode == 0, ran.stderr
    key, model = (
        yaml.safe_load((tmp_path / "cassettes" / "aitoll" / f"wrong-{name}.yaml").read_text())
        for name in ("key", "model")
    )
    assert key["interactions"][0]["request"]["headers"]["authorization"] == ["Bearer <wrong-key>"]
    assert model["interactions"][0]["request"]["headers"]["authorization"] == ["Bearer <key>"]
    assert live.requests[0].headers["authorization"] == "Bearer wrong-key"
    assert "no-such-model" in model["interactions"][0]["request"]["body"]


def test_a_gateway_that_takes_any_key_has_no_scene_of_a_wrong_one(tmp_path: Path) -> None:
    with Server([answering("Hello")]) as live:
        ran = command(
            "record", "aitoll", "--cells", "wrong-key/requests", "--base-url", live.url, home=tmp_path, env=ENV
        )
    assert ran.returncode == 1
    assert stored(tmp_path) == []


def test_an_address_of_the_user_s_own_is_not_stored(tmp_path: Path) -> None:
    with Server([answering("Hello")]) as live:
        words = ["record", "aitoll", "--cells", "chat/whole/python/requests", "--base-url", f"{live.url}/inside"]
        command(*words, home=tmp_path, env=ENV)
    assert live.host not in (tmp_path / "cassettes" / "aitoll" / "chat.yaml").read_text()
    assert live.requests[0].path == "/inside/chat/completions"


def test_without_a_key_it_says_which(tmp_path: Path) -> None:
    ran = command("record", "aitoll", home=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr.startswith("Error: AITOLL_API_KEY is not set")


def test_a_word_that_no_cell_has_is_named(tmp_path: Path) -> None:
    ran = command("record", "aitoll", "--cells", "chta", home=tmp_path, env=ENV)
    assert ran.returncode == 2
    assert "Did you mean 'chat'?" in ran.stderr


def test_a_task_that_is_polled_and_a_picture_by_address(tmp_path: Path) -> None:
    """The id that the program draws, the same question several times, bytes that are no text."""
    made = CASSETTES / "aireiter" / "tasks-image.yaml"
    with serving(cassette.read(made)) as live:
        words = ["record", "aireiter", "--cells", "image/python/requests", "--base-url", f"{live.url}/api"]
        ran = command(*words, home=tmp_path, env={"AIREITER_API_KEY": KEY})
    assert ran.returncode == 0, ran.stderr
    ours, theirs = (
        [(one.method, one.path, one.body, one.status, b"".join(one.chunks)) for one in cassette.read(file)]
        for file in (tmp_path / "cassettes" / "aireiter" / "tasks-image.yaml", made)
    )
    assert ours == theirs
    assert live.unplayed() == []


def test_a_reply_that_is_compressed_all_the_same_is_stored_plain(tmp_path: Path) -> None:
    plain = answering("Hello")
    packed = Reply(headers=[*JSON, ("content-encoding", "gzip")], body=gzip.compress(plain.body))
    with Server([packed]) as live:
        words = ["record", "aitoll", "--cells", "chat/whole/python/requests", "--base-url", live.url]
        ran = command(*words, home=tmp_path, env=ENV)
    assert ran.returncode == 0, ran.stderr
    stored_reply = cassette.read(tmp_path / "cassettes" / "aitoll" / "chat.yaml")[0]
    assert b"".join(stored_reply.chunks) == plain.body
