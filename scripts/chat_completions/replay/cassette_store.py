"""Which cassettes there are to replay: the user's own recordings first, then those that come along."""

from functools import cache

from chat_completions.paths import cassettes, recordings
from chat_completions.replay.cassette import LABELS, Exchange, read_cassette


def recorded_gateways() -> list[str]:
    """Return the gateways that have any cassette."""
    folders = {file.parent.name for root in (recordings(), cassettes()) for file in root.glob("*/*.yaml")}
    return sorted(folders)


def load_exchanges(gateway: str) -> list[Exchange]:
    """Return every exchange of a gateway, recorded ones first; a recording of the user's replaces ours."""
    roots = (cassettes(), recordings())
    files = {file.name: file for root in roots for file in sorted((root / gateway).glob("*.yaml"))}
    exchanges = [exchange for file in files.values() for exchange in read_cassette(file)]
    return sorted(exchanges, key=lambda exchange: LABELS.index(exchange.label))


@cache
def load_all_exchanges() -> list[Exchange]:
    """Return the exchanges of all gateways; read once, and only when one is needed."""
    return [exchange for gateway in recorded_gateways() for exchange in load_exchanges(gateway)]
