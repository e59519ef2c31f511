"""What LiteLLM makes of a request: a stream is asked for its usage, and content that is null is left out."""

from chat_completions.replay.cassette import Exchange


def as_sent(exchange: Exchange) -> Exchange:
    """Return the exchange with the body as LiteLLM sends it."""
    body = exchange.body
    if not isinstance(body, dict) or "messages" not in body:
        return exchange
    options = {"stream_options": {"include_usage": True}} if body.get("stream") else {}
    messages = [
        {name: value for name, value in message.items() if name != "content" or value is not None}
        for message in body["messages"]
    ]
    return exchange._replace(body={**options, **body, "messages": messages})
