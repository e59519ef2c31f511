"""The server: exact recordings, chunks as they came, misses of a strict replay, faults."""

import json
import re
from typing import Any

import httpx
import pytest
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.errors import BadInput, UnknownName
from chat_completions.replay.cassette import Exchange, load_exchanges
from chat_completions.replay.matching import bodies_match
from chat_completions.replay.player import parse_fault
from chat_completions.replay.server import serve

AITOLL = load_exchanges("aitoll")
CHAT = next(exchange for exchange in AITOLL if exchange.cassette == "aitoll/chat")
STREAM = next(exchange for exchange in AITOLL if exchange.cassette == "aitoll/chat-stream")


def send(url: str, exchange: Exchange, body: Any = None, key: str = "any") -> httpx.Response:
    """The response to the request of an exchange."""
    headers = {name: re.sub("<key>", key, value) for name, value in exchange.headers.items()}
    sent = None if exchange.method == "GET" else body or exchange.body
    return httpx.request(exchange.method, url + exchange.path, json=sent, headers=headers, timeout=20, trust_env=False)


def test_a_recorded_response_is_played_in_its_chunks() -> None:
    assert len(STREAM.chunks) > 3
    with serve(AITOLL) as replay, httpx.Client(trust_env=False) as client:
        request = client.build_request("POST", replay.url + STREAM.path, json=STREAM.body)
        request.headers["authorization"] = "Bearer any"
        response = client.send(request, stream=True)
        received = list(response.iter_raw())
    assert b"".join(received) == b"".join(STREAM.chunks)
    assert response.headers["transfer-encoding"] == "chunked"
    assert replay.misses == []


def test_a_strict_replay_answers_what_differs_with_404() -> None:
    with serve(AITOLL) as replay:
        response = send(replay.url, CHAT, {**CHAT.body, "model": "other"})
    assert response.status_code == 404
    assert response.headers["x-should-retry"] == "false"
    assert "the body differs in model" in response.json()["error"]["message"]
    assert len(replay.misses) == 1


def test_a_request_that_was_not_recorded_is_reported_once() -> None:
    reported: list[str] = []
    with serve(AITOLL, {"aitoll": load_gateway("aitoll")}, report=reported.append) as replay:
        responses = [send(replay.url, CHAT, {**CHAT.body, "temperature": number / 10}) for number in range(3)]
    assert [response.headers["x-replay-cassette"] for response in responses] == ["aitoll/chat (constructed)"] * 3
    assert len(reported) == 1
    assert "not recorded" in reported[0]


def test_only_a_strict_replay_minds_what_goes_without_saying() -> None:
    chat = next(exchange for exchange in load_exchanges("ainative") if exchange.cassette == "ainative/chat")
    assert "stream" not in chat.body
    reported: list[str] = []
    with serve([chat], {"ainative": load_gateway("ainative")}, report=reported.append) as replay:
        assert send(replay.url, chat, {**chat.body, "stream": False, "tool_choice": "auto"}).is_success
    assert reported == []
    with serve([chat]) as strict:
        assert send(strict.url, chat, {**chat.body, "stream": False}).status_code == 404


def test_recorded_failures_are_played_for_the_keys_that_they_belong_to() -> None:
    exchanges = load_exchanges("litellm")
    chat = next(exchange for exchange in exchanges if exchange.cassette == "litellm/chat")
    with serve(exchanges, {"litellm": load_gateway("litellm")}) as replay:
        refused = send(replay.url, chat, key="wrong-key")
    assert refused.status_code == 401
    assert refused.headers["x-replay-cassette"].endswith("(recorded)")


def test_a_request_that_a_cassette_holds_twice_is_answered_in_order() -> None:
    with serve([CHAT, CHAT._replace(chunks=[b'{"state": "done"}'])]) as replay:
        bodies = [send(replay.url, CHAT).content for _ in range(3)]
    assert bodies == [b"".join(CHAT.chunks), b'{"state": "done"}', b'{"state": "done"}']
    assert replay.unplayed() == []


def test_a_schema_in_a_text_is_compared_as_data() -> None:
    python, javascript = json.dumps({"a": [1, 2]}), '{"a":[1,2]}'
    text = "It must follow this JSON Schema: {}"
    assert bodies_match(text.replace("{}", python), text.replace("{}", javascript))
    assert not bodies_match(text.replace("{}", python), text.replace("{}", '{"a":[1]}'))
    assert not bodies_match("one", "two")


@pytest.mark.parametrize("status", [401, 402, 429, 503])
def test_a_status_as_often_as_it_was_asked_for(status: int) -> None:
    gateways = {"aitoll": load_gateway("aitoll")}
    with serve(AITOLL, gateways, fault=parse_fault(f"{status}@1")) as replay:
        statuses = [send(replay.url, CHAT, key="wrong-key" if number == 0 else "any").status_code for number in (0, 1)]
    assert statuses == [status, 200]


def test_a_cut_a_slow_and_an_html_response() -> None:
    gateways = {"aitoll": load_gateway("aitoll")}
    with serve(AITOLL, gateways, fault=parse_fault("cut")) as replay, pytest.raises(httpx.RemoteProtocolError):
        send(replay.url, STREAM)
    with serve(AITOLL, gateways, fault=parse_fault("html")) as replay:
        assert send(replay.url, CHAT).headers["content-type"].startswith("text/html")
    with serve(AITOLL, gateways, fault=parse_fault("slow")) as replay:
        response = send(replay.url, CHAT)
        assert response.elapsed.total_seconds() > 0.4
        assert response.content == b"".join(CHAT.chunks)


@pytest.mark.parametrize(
    ("text", "error"), [("503@0", BadInput), ("503@x", BadInput), ("42", UnknownName), ("ctu", UnknownName)]
)
def test_a_fault_that_does_not_exist_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_fault(text)
