"""`replay` answers requests that were not recorded: the user's own prompt, tools, schema and images."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.replay.cassette import load_exchanges
from chat_completions.replay.player import Replay
from chat_completions.replay.server import serve

SCHEMA = {
    "type": "object",
    "properties": {"amount": {"type": "number", "minimum": 5}, "currency": {"enum": ["NOK", "EUR"]}},
    "required": ["amount", "currency"],
    "additionalProperties": False,
}
CHAT, MESSAGES, GEMINI = "openai-chat", "anthropic-messages", "gemini-generate"
WHERE = {  # protocol -> gateway, path, header of the key
    CHAT: ("aitoll", "/api/gateway/api/chat/completions", ("authorization", "Bearer any")),
    MESSAGES: ("aireiter", "/api/v1/messages", ("authorization", "Bearer any")),
    GEMINI: ("aiclient-2-api", "/v1beta/models/mine:generateContent", ("x-goog-api-key", "any")),
}
PROTOCOLS = pytest.mark.parametrize("protocol", list(WHERE))


def body_of(protocol: str, *, tools: bool = False, schema: bool = False) -> dict[str, Any]:
    """A request of the user's own."""
    text = "Convert 100 NOK."
    tool = {"name": "convert", "description": "", "parameters": SCHEMA}
    if protocol == GEMINI:
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
        body |= {"tools": [{"functionDeclarations": [tool]}]} if tools else {}
        return body | ({"generationConfig": {"responseJsonSchema": SCHEMA}} if schema else {})
    body = {"model": "mine", "messages": [{"role": "user", "content": text}], "stream": False}
    if protocol == MESSAGES:
        body |= {"tools": [{"name": "convert", "input_schema": SCHEMA}]} if tools else {}
        system = f"Answer with JSON only. It must follow this JSON Schema: {json.dumps(SCHEMA)} Be brief."
        return body | ({"system": system} if schema else {})
    body |= {"tools": [{"type": "function", "function": tool}]} if tools else {}
    response_format = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    return body | ({"response_format": response_format} if schema else {})


@pytest.fixture(scope="module")
def replays() -> Iterator[dict[str, Replay]]:
    names = ("aitoll", "aireiter", "aiclient-2-api")
    gateways = {name: load_gateway(name) for name in names}
    with serve([exchange for name in names for exchange in load_exchanges(name)], gateways) as replay:
        yield dict.fromkeys(WHERE, replay)


def post(replay: Replay, protocol: str, body: Any, key: tuple[str, str] | None = None) -> httpx.Response:
    name, path, usual = WHERE[protocol]
    header, value = key or usual
    return httpx.post(f"{replay.url}/{name}{path}", json=body, headers={header: value}, timeout=30, trust_env=False)


def text_of(protocol: str, data: Any) -> str:
    if protocol == CHAT:
        return str(data["choices"][0]["message"]["content"])
    if protocol == MESSAGES:
        return "".join(block["text"] for block in data["content"])
    return "".join(part["text"] for part in data["candidates"][0]["content"]["parts"])


def calls_of(protocol: str, data: Any) -> list[tuple[str, Any]]:
    if protocol == CHAT:
        calls = [call["function"] for call in data["choices"][0]["message"]["tool_calls"]]
        return [(call["name"], json.loads(call["arguments"])) for call in calls]
    if protocol == MESSAGES:
        return [(block["name"], block["input"]) for block in data["content"]]
    parts = data["candidates"][0]["content"]["parts"]
    return [(part["functionCall"]["name"], part["functionCall"]["args"]) for part in parts]


@PROTOCOLS
def test_a_prompt_of_the_user_gets_the_nearest_answer(replays: dict[str, Replay], protocol: str) -> None:
    response = post(replays[protocol], protocol, body_of(protocol))
    assert response.status_code == 200
    assert response.headers["x-replay-cassette"].startswith(WHERE[protocol][0])
    assert text_of(protocol, response.json())


@pytest.mark.parametrize("prompt", ["What is the capital of France?", "Write four lines about the sea, please.", "hi"])
@pytest.mark.parametrize("model", ["mine", "maker/some-longer-model:free"])
def test_the_nearest_answer_to_a_prompt_is_a_greeting_and_no_code(
    prompt: str, model: str, replays: dict[str, Replay]
) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": False}
    assert "chat" in post(replays[CHAT], CHAT, body).headers["x-replay-cassette"]


@PROTOCOLS
def test_a_tool_call_uses_the_tools_of_the_user(replays: dict[str, Replay], protocol: str) -> None:
    response = post(replays[protocol], protocol, body_of(protocol, tools=True))
    [(name, arguments)] = calls_of(protocol, response.json())
    assert name == "convert"
    jsonschema.validate(arguments, SCHEMA)
    assert response.headers["x-replay-cassette"] == "generated"


@PROTOCOLS
def test_an_answer_follows_the_schema_of_the_user(replays: dict[str, Replay], protocol: str) -> None:
    response = post(replays[protocol], protocol, body_of(protocol, schema=True))
    jsonschema.validate(json.loads(text_of(protocol, response.json())), SCHEMA)


def test_results_of_tools_get_a_last_answer(replays: dict[str, Replay]) -> None:
    body = body_of(CHAT, tools=True)
    first = post(replays[CHAT], CHAT, body).json()["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": "9 EUR"}
    body["messages"] += [first, result]
    assert "9 EUR" in text_of(CHAT, post(replays[CHAT], CHAT, body).json())


@PROTOCOLS
@pytest.mark.parametrize("key", ["wrong-key", ""])
def test_a_wrong_or_missing_key_is_refused(replays: dict[str, Replay], protocol: str, key: str) -> None:
    header, value = WHERE[protocol][2]
    response = post(replays[protocol], protocol, body_of(protocol), (header, value.replace("any", key).strip()))
    assert response.status_code == 401
    assert response.json()["error"]["message"]


def test_a_gateway_that_streams_by_default_streams(replays: dict[str, Replay]) -> None:
    body = body_of(MESSAGES)
    del body["stream"]
    assert post(replays[MESSAGES], MESSAGES, body).headers["content-type"] == "text/event-stream"


def test_a_model_for_pictures_gives_a_picture(replays: dict[str, Replay]) -> None:
    body = body_of(CHAT) | {"model": "gemini-3-pro-image-preview"}
    assert "data:image/png" in post(replays[CHAT], CHAT, body).text


def test_a_path_that_the_gateway_does_not_have_is_a_404(replays: dict[str, Replay]) -> None:
    response = httpx.post(f"{replays[CHAT].url}/aitoll/v1/embeddings", json={}, trust_env=False)
    assert (response.status_code, response.headers["x-should-retry"]) == (404, "false")
    assert "it has: /api/gateway/api/chat/completions" in response.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"{broken", b'{"tools": [1], "messages": []}', b'{"tools": "x", "messages": "y"}'])
def test_a_request_that_cannot_be_read_is_a_400(replays: dict[str, Replay], content: bytes) -> None:
    _, path, (header, value) = WHERE[CHAT]
    url = f"{replays[CHAT].url}/aitoll{path}"
    assert httpx.post(url, content=content, headers={header: value}, trust_env=False).status_code == 400
