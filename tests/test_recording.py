"""The recording of cassettes: what is stored, what is not, and that no key survives in it."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from chat_completions.replay import cassette
from chat_completions.replay.server import serve
from hypothesis import given
from hypothesis import strategies as st
from recording.scenarios import CASSETTES, is_recorded, raw_requests, scenarios
from recording.scrub import RESPONSE_HEADERS, Scrubber, find_personal
from recording.stacks import canary_keys
from recording.test_record import without_repeated_failures
from support.command_line import traces
from vcr.request import Request

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(CASSETTES.glob("*/*.yaml"))
KEY = "sk-Zq7/Vw2+Xk9=Rt4Lm6Bn8Hd0Pc3"
SCRUBBER = Scrubber({"<key>": KEY})
KEYS = st.text(
    alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+=", min_size=12, max_size=60
)
SHOWN = [
    KEY,
    quote(KEY, safe=""),
    base64.b64encode(KEY.encode()).decode(),
    base64.b64encode(f"user:{KEY}".encode()).decode(),
    base64.urlsafe_b64encode(f"ab{KEY}yz".encode()).decode(),
    KEY[:11],
    KEY[-9:],
    f"{KEY[:10]}…{KEY[-8:]}",
    f"{KEY}{KEY}",
]


def record(cassettes: Path, base_url: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the recording tests for AITOLL at another address."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/recording"]
    command += ["--gateway", "aitoll", "--cassettes", str(cassettes), *args]
    env = {**os.environ, "AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": base_url}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_a_recording_is_scrubbed_labelled_and_replayed(tmp_path: Path) -> None:
    names = ("chat", "chat-stream")
    chosen = ["-k", "aitoll/chat and not chatbot"]
    exchanges = [item for name in names for item in cassette.read_cassette(CASSETTES / "aitoll" / f"{name}.yaml")]
    with serve(exchanges) as gateway:
        recorded = record(tmp_path, f"{gateway.url}/api/gateway/api", *chosen, "--record-mode=rewrite")
    assert recorded.returncode == 0, recorded.stdout
    for name in names:
        text = (tmp_path / "aitoll" / f"{name}.yaml").read_text(encoding="utf-8")
        ours, theirs = (yaml.safe_load(item) for item in (text, (CASSETTES / "aitoll" / f"{name}.yaml").read_text()))
        assert traces(KEY, text) == []
        assert list(ours) == ["version", "provenance", "write", "expect", "interactions"]
        assert (ours["provenance"]["label"], ours["provenance"]["by"]) == ("recorded", "python/requests")
        assert ours["expect"]["exit"] == 0
        for mine, given_ in zip(ours["interactions"], theirs["interactions"], strict=True):
            assert mine["request"]["uri"] == given_["request"]["uri"]
            assert mine["response"]["body"] == given_["response"]["body"]
    replayed = record(tmp_path, "http://127.0.0.1:9", *chosen)
    assert "2 passed" in replayed.stdout


def test_what_fails_leaves_the_old_cassette(tmp_path: Path) -> None:
    old = tmp_path / "aitoll" / "chat.yaml"
    old.parent.mkdir()
    old.write_text("version: 1\ninteractions: []\n", encoding="utf-8")
    with serve([]) as gateway:  # answers 404
        recorded = record(tmp_path, gateway.url, "-k", "aitoll/chat]", "--record-mode=rewrite")
    assert "1 failed" in recorded.stdout
    assert [file.name for file in old.parent.iterdir()] == ["chat.yaml"]
    assert old.read_text(encoding="utf-8") == "version: 1\ninteractions: []\n"


def test_a_failure_that_the_program_repeats_is_stored_once() -> None:
    repeated, other = (Request("POST", "http://localhost/v1/chat", body, {}) for body in ("{}", "[]"))
    failed, answered = {"status": {"code": 503}}, {"status": {"code": 200}}
    assert without_repeated_failures([(repeated, failed)] * 3) == [(repeated, failed)]
    stored = [(repeated, answered), (other, failed), (repeated, answered)]
    assert without_repeated_failures([(repeated, failed), *stored]) == stored


def test_recording_needs_a_key_and_a_gateway(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "AITOLL_API_KEY"}
    command = [sys.executable, "-m", "pytest", "-q", "tests/recording", "--record-mode=rewrite"]
    for args, message in (((), "--gateway NAME"), (("--gateway", "aitoll"), "export AITOLL_API_KEY=your-key")):
        run = subprocess.run(
            [*command, "--cassettes", str(tmp_path), *args, "--maxfail=1"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode != 0
        assert message in run.stdout + run.stderr


def test_every_recording_can_be_made_anew() -> None:
    for folder in sorted(CASSETTES.iterdir()):
        recorded = {f"{folder.name}/{file.stem}" for file in folder.glob("*.yaml") if is_recorded(file)}
        assert recorded <= {*map(str, scenarios(folder.name)), *map(str, raw_requests(folder.name))}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_no_known_key_is_in_any_cassette(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    whole = text + repr(yaml.safe_load(text))  # as it is written, and as it is read
    assert [key for key in canary_keys().values() if traces(key, whole)] == []


@pytest.mark.parametrize("shown", SHOWN)
def test_every_form_of_a_key_is_removed(shown: str) -> None:
    text = f'{{"error": "Incorrect key: {shown}", "id": 17}}'
    scrubbed = SCRUBBER.scrub_text(text)
    assert traces(KEY, text)
    assert traces(KEY, scrubbed) == []
    assert scrubbed.startswith('{"error": "Incorrect key: ')
    assert "<key>" in scrubbed
    assert scrubbed.endswith('", "id": 17}')


@given(KEYS, st.text(max_size=40), st.text(max_size=40))
def test_any_key_is_removed(key: str, before: str, after: str) -> None:
    scrubbed = Scrubber({"<key>": key}).scrub(f"{before}{key}{after}".encode("utf-8", "replace"))
    assert traces(key, scrubbed.decode("utf-8", "replace")) == []


@given(st.binary(max_size=60))
def test_a_body_without_a_key_stays_as_it_is(body: bytes) -> None:
    assert SCRUBBER.scrub(body) == body


def test_each_key_gets_its_own_placeholder() -> None:
    scrubber = Scrubber({"<key>": KEY, "<poor-key>": "sk-poor-poor-poor"})
    assert scrubber.scrub_text(f"{KEY} and sk-poor-poor-poor") == "<key> and <poor-key>"


def test_only_allowed_headers_are_kept() -> None:
    headers = [("Content-Type", "text/plain"), ("Set-Cookie", "a=b"), ("X-Trace", KEY), ("Retry-After", "3")]
    assert SCRUBBER.keep_headers(headers, RESPONSE_HEADERS) == {"content-type": ["text/plain"], "retry-after": ["3"]}


def test_a_uri_loses_keys_users_and_passwords() -> None:
    assert SCRUBBER.scrub_uri(f"https://u:p@h.example/v1?alt=sse&key={quote(KEY)}#x") == (
        "https://h.example/v1?alt=sse&key=<key>"
    )
    assert SCRUBBER.scrub_uri(f"https://h.example/{quote(KEY, safe='')}/v1") == "https://h.example/<key>/v1"


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("write to ada.lovelace@example.org", "an e-mail address"),
        ("call +44 20 7946 0958 now", "a telephone number"),
        ("in /home/ada/secret.txt", "a home folder"),
        ("from 203.0.113.7 today", "an IP address"),
        ("organization org-AbCdEf123456", "an account id"),
    ],
)
def test_personal_data_is_reported_and_not_repeated(text: str, description: str) -> None:
    (finding,) = find_personal(text)
    assert finding.startswith(description)
    assert text.rsplit(maxsplit=1)[-1] not in finding


def test_ordinary_responses_are_not_reported_as_personal() -> None:
    text = '{"id":"chatcmpl-9vKqnMf3Ax8Z","created":1741680000,"usage":{"total_tokens":27},"v":"1.2.3","t":127.0}'
    assert find_personal(text) == []
