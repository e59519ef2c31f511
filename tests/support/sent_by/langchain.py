"""What LangChain makes of a request: the form in which its programs send what a cassette holds.

Each difference stands here as a rule, which is applied to the recorded request before it is compared, for the
programs of this library alone: nothing is compared more loosely.
"""

from collections.abc import Mapping
from typing import Any

from chat_completions.replay.cassette import Exchange


def as_sent(exchange: Exchange) -> Exchange:
    """Return the exchange with the body as LangChain sends it."""
    body = exchange.body
    if not isinstance(body, dict) or "messages" not in body:
        return exchange
    if exchange.path.endswith("/v1/messages"):
        return exchange._replace(
            body={**body, "messages": [_anthropic_message(message) for message in body["messages"]]}
        )
    messages = [_openai_message(message) for message in body["messages"]]
    # Chat completions say in so many words that a whole answer is wanted.
    return exchange._replace(body={"stream": False, **body, "messages": messages})


def _openai_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a turn with calls only the text and the calls, which is all that the package keeps."""
    if not message.get("tool_calls"):
        return dict(message)
    calls = [
        {"id": call["id"], "type": "function", "function": dict(call["function"])} for call in message["tool_calls"]
    ]
    return {"role": "assistant", "content": message.get("content") or None, "tool_calls": calls}


def _anthropic_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Say of each result of a tool that it is no error."""
    if isinstance(message["content"], str):
        return dict(message)
    blocks = [{**block, "is_error": False} if block["type"] == "tool_result" else block for block in message["content"]]
    return {**message, "content": blocks}
