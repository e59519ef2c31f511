"""A stand-in gateway for people without a key: what `replay` serves, and how it is reached."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from chat_completions.catalog import load
from chat_completions.errors import NotOffered, UnknownName
from chat_completions.replay import cassette_store as library
from chat_completions.replay import faults
from chat_completions.replay.server import Replay, serving


@contextmanager
def standing_in(
    gateway: str | None, port: int, fault: str | None, *, lenient: bool, tell: Callable[[str], None]
) -> Iterator[Replay]:
    """The stand-in while the block runs; at its end it tells what was played and what was missed."""
    trouble = faults.parsed(fault) if fault else None
    exchanges = [one for name in _names(gateway) for one in library.of_gateway(name)]
    with serving(exchanges, port=port, lenient=lenient, fault=trouble, tell=tell) as replay:
        scenes = Counter({one.scene: one.label for one in exchanges}.values())
        tell(f"Serving {', '.join(f'{number} {label}' for label, number in scenes.items())} scenes on {replay.url}")
        try:
            yield replay
        finally:
            tell(f"{len(replay.played)} played, {len(replay.misses)} missed.")


def settings(gateway: str | None, url: str) -> list[str]:
    """The shell lines that send programs to the stand-in, one pair for each gateway."""
    lines = []
    for name in _names(gateway):
        if name in load.names("gateway"):
            found = load.load_gateway(name)
            root = urlsplit(found.base_url).path.rstrip("/")
            lines.append(f"export {found.env_prefix}_BASE_URL={url}{'' if gateway else '/' + name}{root}")
            lines.append(f"export {found.auth[0].key}=replayed-key")
    return lines


def _names(gateway: str | None) -> list[str]:
    """The gateways to serve; UnknownName or NotOffered where there is nothing to play."""
    known = library.gateways()
    if gateway is None:
        return known
    if gateway not in known:
        if gateway in load.names("gateway"):
            raise NotOffered(f"There is no cassette of {gateway!r}.", f"Record some: chat-completions record {gateway}")
        raise UnknownName("gateway with cassettes", gateway, known)
    return [gateway]
