"""What LiteLLM makes of a request: a stream is asked for its usage, and content that is null is left out."""

from collections.abc import Mapping
from typing import Any

from chat_completions.replay.cassette import Exchange


def as_sent(exchange: Exchange) -> Exchange:
    """Return the exchange with the body as LiteLLM sends it."""
    body = exchange.body
    if not isinstance(body, dict) or "messages" not in body:
        return exchange
    if not body.get("stream"):
        return exchange._replace(body={**body, "messages": [_without_null(message) for message in body["messages"]]})
    messages = [_put_together(message) for message in body["messages"]]
    return exchange._replace(body={"stream_options": {"include_usage": True}, **body, "messages": messages})


def _without_null(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "content" or value is not None}


def _put_together(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a turn with calls as stream_chunk_builder has it: an empty content is null there."""
    return _without_null({**message, "content": message.get("content") or None})
