"""What Pydantic AI makes of a request: every text of a turn of Messages is a block, a stream is asked for its usage."""

from collections.abc import Mapping
from typing import Any

from chat_completions.replay.cassette import Exchange

FAILS_ON = {"seed-stream-tool-events": "an agent without tools takes the call of a tool for an error"}


def as_sent(exchange: Exchange) -> Exchange:
    """Return the exchange with the body as Pydantic AI sends it."""
    body = exchange.body
    if not isinstance(body, dict) or "messages" not in body:
        return exchange
    if exchange.path.endswith("/v1/messages"):
        return exchange._replace(body=_anthropic_messages(body))
    options: dict[str, Any] = {"stream_options": {"include_usage": True}} if body.get("stream") else {}
    options |= {"tool_choice": "auto"} if "tools" in body else {}
    messages = [_openai_message(message) for message in body["messages"]]
    return exchange._replace(body={"stream": False, **options, **body, "messages": messages})


def _openai_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a turn with calls only the text and the calls."""
    if not message.get("tool_calls"):
        return dict(message)
    calls = [
        {"id": call["id"], "type": "function", "function": dict(call["function"])} for call in message["tool_calls"]
    ]
    return {"role": "assistant", "content": message.get("content") or None, "tool_calls": calls}


def _anthropic_messages(body: dict[str, Any]) -> dict[str, Any]:
    messages = [{**message, "content": _blocks(message["content"])} for message in body["messages"]]
    choice = {"tool_choice": {"type": "auto"}} if "tools" in body else {}
    return {"stream": False, **choice, **body, "messages": messages}


def _blocks(content: Any) -> Any:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [_result(block) if block["type"] == "tool_result" else block for block in content]


def _result(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a tool as a block of text that says that it is no error."""
    return {**block, "content": _blocks(block["content"]), "is_error": False}
