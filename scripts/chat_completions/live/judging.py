"""Whether what was heard may be kept: only what the gateway meant, whole, and as the scene wants it."""

from collections.abc import Sequence

from chat_completions.live.proxy import Heard
from chat_completions.live.scenes import Scene
from chat_completions.replay.run import Ran

FAILED = 400  # the lowest status of a failure
HOPELESS = {401: "key refused", 402: "no credit left", 403: "not allowed", 429: "rate limit"}


class Failed(Exception):
    """A scene that was not stored, and why; `hopeless` when no other would fare better."""

    def __init__(self, reason: str, *, hopeless: bool = False) -> None:
        super().__init__(" ".join(reason.split()))
        self.hopeless = hopeless


def settled(heard: Sequence[Heard]) -> list[Heard]:
    """What is worth keeping: not the failures that the program overcame by asking again."""
    later = [{(one.method, one.path, one.body) for one in heard[number:]} for number in range(1, len(heard) + 1)]
    return [
        one
        for one, rest in zip(heard, later, strict=True)
        if not ((one.failure or one.status >= FAILED) and (one.method, one.path, one.body) in rest)
    ]


def must_be_good(scene: Scene, ran: Ran, heard: Sequence[Heard]) -> None:
    """Failed unless the program ended as the scene says, on whole replies of that status."""
    broken = next((one.failure for one in heard if one.failure), "")
    last = heard[-1] if heard else None
    status = last.status if last else 0
    as_meant = scene.key != "<key>" or 0 not in scene.exits
    hopeless = not as_meant and (bool(broken and not status) or status in HOPELESS)
    if broken or last is None:
        raise Failed(f"the gateway did not answer whole: {broken or ran.last}", hopeless=hopeless)
    if ran.code not in scene.exits:
        told = f"{HOPELESS[status]}: " if status in HOPELESS else ""
        raise Failed(f"{told}the program ended with {ran.code}: {ran.last or 'no word'}", hopeless=hopeless)
    if scene.statuses and status not in scene.statuses:
        raise Failed(f"the reply was {status}, not {' or '.join(map(str, scene.statuses))}")
    if scene.exits == (0,) and any(one.status in HOPELESS for one in heard):
        raise Failed(f"the gateway answered {', '.join(str(one.status) for one in heard)}")
