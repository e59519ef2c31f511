"""What Pydantic AI makes of a request: every text of Messages is a block, a stream is asked for its usage."""

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
    options = {"stream_options": {"include_usage": True}} if body.get("stream") else {}
    return exchange._replace(body={"stream": False, **options, **body})


def _anthropic_messages(body: dict[str, Any]) -> dict[str, Any]:
    messages = [{**message, "content": _blocks(message["content"])} for message in body["messages"]]
    found = {"stream": False, **body, "messages": messages}
    return {**found, "system": _blocks(body["system"])} if "system" in body else found


def _blocks(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
