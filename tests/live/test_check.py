"""`check`: what it says of a live gateway, and that `choose` and `write` go by what it saw."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from chat_completions import __version__
from support.canary import traces
from support.commands import command, environment
from support.replies import Reply
from support.serving import Server, closed_port

KEY = "sk-Zq7Vw2Xk9Rt4Lm6Bn8Hd0Pc3"
ENV = {"MINE_API_KEY": KEY}
FILE = """name: Mine
base_url: {url}
key: MINE_API_KEY
endpoints:
  openai-chat: [{{name: default, path: /chat/completions}}]
  model-list: [{{name: default, path: /models}}]
  credit-balance: [{{name: default, path: /balance, result_paths: [data.credits]}}]
recommended_models:
  openai-chat:
    cost: {{models: [small, large]}}
    balanced: {{models: [large, small]}}
models: [large, small]
"""
CHAT = FILE.replace("  model-list: [{{name: default, path: /models}}]\n", "")
JSON = [("content-type", "application/json")]


def of(data: Any, status: int = 200) -> Reply:
    return Reply(status=status, headers=JSON, body=json.dumps(data).encode())


LISTED = of({"object": "list", "data": [{"id": "small"}, {"id": "models/other"}]})
BOTH = of({"data": [{"id": "small"}, {"id": "large"}]})
CREDIT = of({"data": {"credits": 12.5}})
NO_KEY = of({"error": {"message": "no key"}}, 401)
ANSWER = of({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})


def gateway_file(home: Path, url: str, text: str = FILE) -> None:
    (home / "gateways").mkdir(exist_ok=True)
    (home / "gateways" / "mine.yaml").write_text(text.format(url=url), encoding="utf-8")


def checked(home: Path, replies: Sequence[Reply], *words: str, text: str = FILE) -> tuple[int, str, str, Server]:
    with Server(replies) as live:
        gateway_file(home, live.url, text)
        ran = command("check", "mine", *words, home=home, env=ENV)
    assert traces(KEY, ran.stdout + ran.stderr) == []
    return ran.returncode, ran.stdout, ran.stderr, live


def test_a_key_that_is_taken_models_and_credit(tmp_path: Path) -> None:
    code, out, _, live = checked(tmp_path, [LISTED, NO_KEY, CREDIT])
    assert code == 0
    for line in ("Reachable: yes", "Key accepted: yes (by its list of models, /models)", "Credit left: 12.5 (credits)"):
        assert line in out
    assert "Models listed: 2; of those known here: small" in out
    assert "Not listed: large" in out
    assert [one.path for one in live.requests] == ["/models", "/models", "/balance"]
    assert [one.headers.get("authorization") for one in live.requests] == [f"Bearer {KEY}", None, f"Bearer {KEY}"]


def test_what_it_saw_is_saved_with_its_day_and_choose_and_write_go_by_it(tmp_path: Path) -> None:
    code, out, _, live = checked(tmp_path, [LISTED, NO_KEY, CREDIT], "--format", "json")
    report = json.loads(out)
    assert code == 0
    assert report["models"] == {
        "listed": ["small", "other"],
        "recommended_listed": ["small"],
        "recommended_missing": ["large"],
    }
    assert (report["ok"], report["key_accepted"], report["credits"]) == (True, True, {"credits": 12.5})
    assert report["saved"] == str(tmp_path / "checks" / "mine.json")
    assert json.loads((tmp_path / "checks" / "mine.json").read_text())["date"] == report["date"]
    assert KEY not in (tmp_path / "checks" / "mine.json").read_text()
    chosen = json.loads(command("choose", "--gateway", "mine", "--format", "json", home=tmp_path).stdout)
    assert (chosen["model"], chosen["alternatives"]) == ("small", ["large"])
    assert chosen["notes"][0] == (
        f"Mine did not list large when you checked it on {report['date']}, so small is preferred"
    )
    assert chosen["evidence"][0] == {
        "source": "your own check of the gateway",
        "date": report["date"],
        "confidence": "high",
    }
    written = json.loads(command("write", "--gateway", "mine", "--format", "json", home=tmp_path).stdout)
    assert written["model"] == "small"
    named = json.loads(
        command("choose", "--gateway", "mine", "--model", "large", "--format", "json", home=tmp_path).stdout
    )
    assert named["model"] == "large"
    assert "did not list large" in named["notes"][0]
    with Server([BOTH, NO_KEY, CREDIT]) as again:
        gateway_file(tmp_path, again.url)
        command("check", "mine", home=tmp_path, env=ENV)
    assert (
        json.loads(command("choose", "--gateway", "mine", "--format", "json", home=tmp_path).stdout)["model"] == "large"
    )
    assert live.requests


def test_a_list_for_everybody_proves_nothing_of_the_key(tmp_path: Path) -> None:
    code, out, _, live = checked(tmp_path, [LISTED, LISTED, NO_KEY])
    assert code == 1
    assert "Key accepted: no" in out
    assert "Problem: the key is not accepted (no key)" in out
    asked = json.loads(live.requests[2].body)
    assert (live.requests[2].path, asked["model"], asked["max_tokens"]) == ("/chat/completions", "small", 16)


def test_where_there_is_no_list_a_question_of_a_few_tokens_tells(tmp_path: Path) -> None:
    code, out, _, live = checked(tmp_path, [ANSWER, CREDIT], text=CHAT)
    assert code == 0
    assert "Key accepted: yes (by a short prompt to small)" in out
    assert "Models listed" not in out
    assert [one.path for one in live.requests] == ["/chat/completions", "/balance"]
    assert not (tmp_path / "checks").exists()


def keyless(url: str, key: str, home: Path, replies: Sequence[Reply]) -> tuple[int, str]:
    with Server(replies) as live:
        gateway_file(home, live.url, f"name: Mine\nbase_url: {url}\nkey: {key}\nmodels: [small]\n")
        ran = command("check", "mine", home=home)
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("key", ["none", "{{name: MINE_API_KEY, optional: true}}"])
def test_no_key_is_said_to_be_accepted_where_none_was_sent(key: str, tmp_path: Path) -> None:
    code, out = keyless("{url}/v1", key, tmp_path, [LISTED])
    assert code == 0
    assert "Key: none was sent" in out
    assert "accepted" not in out
    assert "Models listed: 2; of those known here: small" in out


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("none", "it wants a key: name its variable in the file, in place of none"),
        ("{{name: MINE_API_KEY, optional: true}}", "it wants a key: set MINE_API_KEY"),
    ],
)
def test_a_gateway_that_wants_a_key_after_all_is_named(key: str, words: str, tmp_path: Path) -> None:
    code, out = keyless("{url}/v1", key, tmp_path, [NO_KEY])
    assert code == 1
    assert f"Problem: {words}" in out


def test_the_question_has_the_limit_that_the_file_allows(tmp_path: Path) -> None:
    more = "parameters: {{openai-chat: {{max_completion_tokens: {{type: integer}}, max_tokens: {{unsupported: the other}}}}}}\n"
    code, _, _, live = checked(tmp_path, [ANSWER, CREDIT], text=CHAT + more)
    assert (code, json.loads(live.requests[0].body)["max_completion_tokens"]) == (0, 16)


HTML = Reply(headers=[("content-type", "text/html")], body=b"<!doctype html><html>Welcome</html>")
PROBLEMS = [
    (NO_KEY, False, "the key is not accepted (no key)"),
    (of({"detail": "Pay first", "code": "x"}, 402), True, "no credit is left: top up (Pay first)"),
    (of({"error": "not in your plan"}, 403), True, "may not do this: see your plan (not in your plan)"),
    (of({}, 404), None, "is the base URL right?"),
    (of({}, 429), None, "too many requests: wait, then try again"),
    (of({"message": "down"}, 500), None, "it answered 500 (down)"),
    (HTML, None, "it answered 200 with a web page: is the base URL right?"),
    (Reply(status=404, headers=HTML.headers, body=HTML.body), None, "it answered 404 with a web page"),
    (Reply(body=b"Hello"), None, "it answered 200, but not with JSON"),
    (of({"statusCode": 433, "message": "low credits"}), None, "it answered 200, and in it 433 (low credits)"),
    (of({"error": {"message": "odd"}}), None, "(odd)"),
    (of({"error": {"message": f"bad key {KEY} or {KEY[:9]}"}}, 401), False, "(bad key <key> or <key>)"),
    (Reply(instead="close"), None, "it cannot be reached"),
    (Reply(headers=JSON, body=b"{", declared=99, end="cut"), None, "it cannot be reached: peer closed connection"),
]


@pytest.mark.parametrize(("reply", "accepted", "words"), PROBLEMS)
def test_clear_words_for_what_is_wrong(reply: Reply, accepted: bool | None, words: str, tmp_path: Path) -> None:
    code, out, _, _ = checked(tmp_path, [reply], "--format", "json")
    report = json.loads(out)
    assert code == 1
    assert (report["ok"], report["key_accepted"]) == (False, accepted)
    assert words in report["problem"]
    assert report["saved"] == ""


def test_no_redirect_is_followed(tmp_path: Path) -> None:
    with Server([LISTED]) as other, Server([Reply(status=307, headers=[("location", other.url + "/models")])]) as live:
        gateway_file(tmp_path, live.url)
        ran = command("check", "mine", home=tmp_path, env=ENV)
    assert ran.returncode == 1
    assert "a redirect, which is not followed" in ran.stdout
    assert other.requests == []


def test_no_network_is_told_and_no_key_at_all(tmp_path: Path) -> None:
    with closed_port() as url:
        gateway_file(tmp_path, url)
        ran = command("check", "mine", home=tmp_path, env=ENV)
    assert ran.returncode == 1
    assert "Reachable: no" in ran.stdout
    assert "Connection refused" in ran.stdout
    without = command("check", "mine", home=tmp_path)
    assert (without.returncode, without.stdout) == (2, "")
    assert without.stderr.startswith("Error: MINE_API_KEY is not set")


def test_another_address_says_nothing_of_the_gateway_s_own(tmp_path: Path) -> None:
    with Server([LISTED, NO_KEY, CREDIT]) as live:
        gateway_file(tmp_path, "https://gw.example.com/v1")
        ran = command("check", "mine", "--base-url", live.url, home=tmp_path, env=ENV)
    assert ran.returncode == 0
    assert "Saved" not in ran.stdout
    assert not (tmp_path / "checks").exists()


def test_evidence_that_is_broken_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    before = command("choose", "--gateway", "aitoll", "--format", "json", home=tmp_path).stdout
    for text in ("", "[]", '{"date": 1}', '{"listed": 3, "date": "2026-01-01"}'):
        (tmp_path / "checks" / "aitoll.json").write_text(text)
        assert command("choose", "--gateway", "aitoll", "--format", "json", home=tmp_path).stdout == before


@pytest.mark.parametrize("words", [["check", "aitoll"], ["replay"], ["write", "Hi", "--run"]])
def test_the_skill_alone_says_how_to_get_what_talks_to_a_network(words: list[str], tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    for folder in ("references", "templates", "scripts"):
        shutil.copytree(
            root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("live", "replay", "__pycache__")
        )
    door = [sys.executable, str(tmp_path / "scripts" / "chat-completions.py")]
    env = environment(tmp_path, ENV | {"AITOLL_API_KEY": KEY})
    ran = subprocess.run([*door, *words], env=env, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr.startswith("Error: ")
    assert " needs the full package." in ran.stderr
    assert "pip install ." in ran.stderr
    assert f"pip install chat_completions-{__version__}-py3-none-any.whl" in ran.stderr
