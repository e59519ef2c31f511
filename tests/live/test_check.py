"""`check`: what it reports about a live gateway, and that `choose` and `write` use the result."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from chat_completions import __version__
from support.command_line import command_at, traces
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


def json_reply(data: Any, status: int = 200) -> Reply:
    return Reply(status=status, headers=JSON, body=json.dumps(data).encode())


LISTED = json_reply({"object": "list", "data": [{"id": "small"}, {"id": "models/other"}]})
BOTH = json_reply({"data": [{"id": "small"}, {"id": "large"}]})
CREDIT = json_reply({"data": {"credits": 12.5}})
NO_KEY = json_reply({"error": {"message": "no key"}}, 401)
ANSWER = json_reply({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})


def gateway_file(home: Path, url: str, text: str = FILE) -> None:
    (home / "gateways").mkdir(exist_ok=True)
    (home / "gateways" / "mine.yaml").write_text(text.format(url=url), encoding="utf-8")


def run_check(home: Path, replies: Sequence[Reply], *options: str, text: str = FILE) -> tuple[int, str, str, Server]:
    with Server(replies) as live:
        gateway_file(home, live.url, text)
        result = command_at(home, "check", "mine", *options, env=ENV)
    assert traces(KEY, result.stdout + result.stderr) == []
    return result.returncode, result.stdout, result.stderr, live


def test_a_key_that_is_accepted_models_and_credit(tmp_path: Path) -> None:
    code, out, _, live = run_check(tmp_path, [LISTED, NO_KEY, CREDIT])
    assert code == 0
    for line in ("Reachable: yes", "Key accepted: yes (by its list of models, /models)", "Credit left: 12.5 (credits)"):
        assert line in out
    assert "Models listed: 2; of those known here: small" in out
    assert "Not listed: large" in out
    assert [request.path for request in live.requests] == ["/models", "/models", "/balance"]
    assert [request.headers.get("authorization") for request in live.requests] == [
        f"Bearer {KEY}",
        None,
        f"Bearer {KEY}",
    ]


def test_the_result_is_saved_with_its_date_and_used_by_choose_and_write(tmp_path: Path) -> None:
    code, out, _, live = run_check(tmp_path, [LISTED, NO_KEY, CREDIT], "--format", "json")
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
    chosen = json.loads(command_at(tmp_path, "choose", "--gateway", "mine", "--format", "json").stdout)
    assert (chosen["model"], chosen["alternatives"]) == ("small", ["large"])
    assert chosen["notes"][0] == (
        f"Mine did not list large when you checked it on {report['date']}, so small is preferred"
    )
    assert chosen["evidence"][0] == {
        "source": "your own check of the gateway",
        "date": report["date"],
        "confidence": "high",
    }
    written = json.loads(command_at(tmp_path, "write", "--gateway", "mine", "--format", "json").stdout)
    assert written["model"] == "small"
    named = json.loads(
        command_at(tmp_path, "choose", "--gateway", "mine", "--model", "large", "--format", "json").stdout
    )
    assert named["model"] == "large"
    assert "did not list large" in named["notes"][0]
    with Server([BOTH, NO_KEY, CREDIT]) as again:
        gateway_file(tmp_path, again.url)
        command_at(tmp_path, "check", "mine", env=ENV)
    assert (
        json.loads(command_at(tmp_path, "choose", "--gateway", "mine", "--format", "json").stdout)["model"] == "large"
    )
    assert live.requests


def test_a_public_list_of_models_proves_nothing_about_the_key(tmp_path: Path) -> None:
    code, out, _, live = run_check(tmp_path, [LISTED, LISTED, NO_KEY])
    assert code == 1
    assert "Key accepted: no" in out
    assert "Problem: the key is not accepted (no key)" in out
    body = json.loads(live.requests[2].body)
    assert (live.requests[2].path, body["model"], body["max_tokens"]) == ("/chat/completions", "small", 16)


def test_without_a_list_of_models_a_short_prompt_proves_the_key(tmp_path: Path) -> None:
    code, out, _, live = run_check(tmp_path, [ANSWER, CREDIT], text=CHAT)
    assert code == 0
    assert "Key accepted: yes (by a short prompt to small)" in out
    assert "Models listed" not in out
    assert [request.path for request in live.requests] == ["/chat/completions", "/balance"]
    assert not (tmp_path / "checks").exists()


def run_check_without_key(url: str, key: str, home: Path, replies: Sequence[Reply]) -> tuple[int, str]:
    with Server(replies) as live:
        gateway_file(home, live.url, f"name: Mine\nbase_url: {url}\nkey: {key}\nmodels: [small]\n")
        result = command_at(home, "check", "mine")
    return result.returncode, result.stdout


@pytest.mark.parametrize("key", ["none", "{{name: MINE_API_KEY, optional: true}}"])
def test_a_key_that_was_not_sent_is_not_called_accepted(key: str, tmp_path: Path) -> None:
    code, out = run_check_without_key("{url}/v1", key, tmp_path, [LISTED])
    assert code == 0
    assert "Key: none was sent" in out
    assert "accepted" not in out
    assert "Models listed: 2; of those known here: small" in out


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("none", "it needs a key: name its variable in the file, in place of none"),
        ("{{name: MINE_API_KEY, optional: true}}", "it needs a key: set MINE_API_KEY"),
    ],
)
def test_a_gateway_that_needs_a_key_after_all_is_reported(key: str, message: str, tmp_path: Path) -> None:
    code, out = run_check_without_key("{url}/v1", key, tmp_path, [NO_KEY])
    assert code == 1
    assert f"Problem: {message}" in out


def test_the_prompt_has_the_limit_that_the_file_allows(tmp_path: Path) -> None:
    more = "parameters: {{openai-chat: {{max_completion_tokens: {{type: integer}}, max_tokens: {{unsupported: the other}}}}}}\n"
    code, _, _, live = run_check(tmp_path, [ANSWER, CREDIT], text=CHAT + more)
    assert (code, json.loads(live.requests[0].body)["max_completion_tokens"]) == (0, 16)


HTML = Reply(headers=[("content-type", "text/html")], body=b"<!doctype html><html>Welcome</html>")
PROBLEMS = [
    (NO_KEY, False, "the key is not accepted (no key)"),
    (json_reply({"detail": "Pay first", "code": "x"}, 402), True, "no credit is left: top up (Pay first)"),
    (json_reply({"error": "not in your plan"}, 403), True, "may not do this: see your plan (not in your plan)"),
    (json_reply({}, 404), None, "is the base URL right?"),
    (json_reply({}, 429), None, "too many requests: wait, then try again"),
    (json_reply({"message": "down"}, 500), None, "it answered 500 (down)"),
    (HTML, None, "it answered 200 with a web page: is the base URL right?"),
    (Reply(status=404, headers=HTML.headers, body=HTML.body), None, "it answered 404 with a web page"),
    (Reply(body=b"Hello"), None, "it answered 200, but not with JSON"),
    (json_reply({"statusCode": 433, "message": "low credits"}), None, "it answered 200, and in it 433 (low credits)"),
    (json_reply({"error": {"message": "odd"}}), None, "(odd)"),
    (json_reply({"error": {"message": f"bad key {KEY} or {KEY[:9]}"}}, 401), False, "(bad key <key> or <key>)"),
    (Reply(instead="close"), None, "it cannot be reached"),
    (Reply(headers=JSON, body=b"{", declared=99, end="cut"), None, "it cannot be reached: peer closed connection"),
]


@pytest.mark.parametrize(("reply", "accepted", "message"), PROBLEMS)
def test_each_problem_is_described(reply: Reply, accepted: bool | None, message: str, tmp_path: Path) -> None:
    code, out, _, _ = run_check(tmp_path, [reply], "--format", "json")
    report = json.loads(out)
    assert code == 1
    assert (report["ok"], report["key_accepted"]) == (False, accepted)
    assert message in report["problem"]
    assert report["saved"] == ""


@pytest.mark.parametrize(
    ("mark", "hint"), [("500", "; wait a day"), ("HTTP 500", "; wait a day"), ("is down", "; wait a day"), ("50", "")]
)
def test_a_hint_of_the_file_explains_a_status_or_a_message(mark: str, hint: str, tmp_path: Path) -> None:
    text = FILE + f'error_hints: {{{{"{mark}": wait a day}}}}\n'
    _, out, _, _ = run_check(tmp_path, [json_reply({"message": "it is down"}, 500)], "--format", "json", text=text)
    assert json.loads(out)["problem"] == f"it answered 500 (it is down){hint}"


def test_no_redirect_is_followed(tmp_path: Path) -> None:
    with Server([LISTED]) as other, Server([Reply(status=307, headers=[("location", other.url + "/models")])]) as live:
        gateway_file(tmp_path, live.url)
        result = command_at(tmp_path, "check", "mine", env=ENV)
    assert result.returncode == 1
    assert "a redirect, which is not followed" in result.stdout
    assert other.requests == []


def test_a_refused_connection_and_a_missing_key_are_reported(tmp_path: Path) -> None:
    with closed_port() as url:
        gateway_file(tmp_path, url)
        result = command_at(tmp_path, "check", "mine", env=ENV)
    assert result.returncode == 1
    assert "Reachable: no" in result.stdout
    assert "Connection refused" in result.stdout
    without = command_at(tmp_path, "check", "mine")
    assert (without.returncode, without.stdout) == (2, "")
    assert without.stderr.startswith("Error: MINE_API_KEY is not set")


def test_the_result_for_another_address_is_not_saved(tmp_path: Path) -> None:
    with Server([LISTED, NO_KEY, CREDIT]) as live:
        gateway_file(tmp_path, "https://gw.example.com/v1")
        result = command_at(tmp_path, "check", "mine", "--base-url", live.url, env=ENV)
    assert result.returncode == 0
    assert "Saved" not in result.stdout
    assert not (tmp_path / "checks").exists()


def test_a_broken_result_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    before = command_at(tmp_path, "choose", "--gateway", "aitoll", "--format", "json").stdout
    for text in ("", "[]", '{"date": 1}', '{"listed": 3, "date": "2026-01-01"}'):
        (tmp_path / "checks" / "aitoll.json").write_text(text)
        assert command_at(tmp_path, "choose", "--gateway", "aitoll", "--format", "json").stdout == before


@pytest.mark.parametrize("arguments", [["check", "aitoll"], ["replay"], ["write", "Hi", "--run"]])
def test_the_skill_alone_says_how_to_install_the_full_package(arguments: list[str], tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    for folder in ("references", "templates", "scripts"):
        shutil.copytree(
            root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("live", "replay", "__pycache__")
        )
    command = [sys.executable, str(tmp_path / "scripts" / "chat-completions.py"), *arguments]
    env = {"HOME": str(tmp_path), "AITOLL_API_KEY": KEY}
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.startswith("Error: ")
    assert " needs the full package." in result.stderr
    assert "pip install ." in result.stderr
    assert f"pip install chat_completions-{__version__}-py3-none-any.whl" in result.stderr
