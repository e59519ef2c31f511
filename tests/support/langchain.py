"""What LangChain makes of a request: chat completions say in so many words that a whole answer is wanted."""

from chat_completions.replay.cassette import Exchange


def as_sent(exchange: Exchange) -> Exchange:
    """Return the exchange with the body as LangChain sends it."""
    if exchange.path.endswith("/chat/completions") and isinstance(exchange.body, dict):
        return exchange._replace(body={"stream": False, **exchange.body})
    return exchange
