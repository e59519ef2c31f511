"""Which cassettes there are to play: the user's own recordings first, then those that come along."""

from collections.abc import Sequence

from chat_completions.paths import cassettes, recordings
from chat_completions.replay.cassette import LABELS, Exchange, about, read


def gateways() -> list[str]:
    """The gateways of which there is any cassette."""
    folders = [one for root in (recordings(), cassettes()) for one in root.glob("*") if any(one.glob("*.yaml"))]
    return sorted({folder.name for folder in folders})


def of_gateway(name: str) -> list[Exchange]:
    """Every exchange of a gateway, what was recorded first; a recording of the user's replaces ours."""
    roots = (cassettes(), recordings())
    found = {file.name: file for root in roots for file in sorted((root / name).glob("*.yaml"))}
    return by_label([one for file in found.values() for one in read(file)])


def names(gateway: str) -> dict[tuple[str, str, bool], str]:
    """The name that a plain scene of a task, protocol and way has here, else at another gateway."""
    found: dict[tuple[str, str, bool], str] = {}
    for file in sorted(cassettes().glob("*/*.yaml"), key=lambda one: (one.parent.name != gateway, one)):
        one = about(file)
        options = one.get("write", {"prompt": ""})
        if set(options) <= {"task", "protocol", "stream"} and one["expect"]["exit"] == 0:
            key = options.get("task", "chat"), options["protocol"], bool(options.get("stream"))
            if key[0] in file.stem:
                found.setdefault(key, file.stem)
    return found


def by_label(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Recorded before documented before constructed."""
    return sorted(exchanges, key=lambda one: LABELS.index(one.label))
