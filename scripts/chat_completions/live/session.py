"""Records many scenes, one after the other: progress, what it costs, where to go on, what is missing."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from chat_completions.live.judging import Failed
from chat_completions.live.record import Source, Stored, stored
from chat_completions.live.scenes import Scene

GOES_ON_FOR = 24 * 3600  # seconds in which an interrupted recording is taken up again
NUMBER = re.compile(r"([A-Za-z_]+): (\d+(?:\.\d+)?)(?![\d.]|\w)")


class Outcome(NamedTuple):
    """What a recording left: the files, and each missing scene with the reason."""

    files: Sequence[Path]
    missing: Sequence[tuple[str, str]]


def recorded(scenes: Sequence[Scene], source: Source, tell: Callable[[str], None]) -> Outcome:
    """Records the scenes that are not yet done; Ctrl-C leaves what is done and a note of it."""
    done = Done(source.folder / source.gateway)
    if any(scene.name in done.names for scene in scenes):
        tell(f"Going on: {len(done.names)} scenes were recorded before; remove {done.file} to begin anew.")
    files: list[Path] = []
    missing: list[tuple[str, str]] = []
    spent: dict[str, float] = {}
    for number, scene in enumerate(scenes, 1):
        head = f"[{number}/{len(scenes)}] {scene.name}"
        if scene.name in done.names:
            files.append(done.folder / f"{scene.name}.yaml")
            continue
        try:
            one = stored(scene, source)
        except Failed as problem:
            tell(f"{head}: not stored: {problem}")
            missing.append((scene.name, str(problem)))
            if problem.hopeless:
                missing += [(left.name, "not tried") for left in scenes[number:] if left.name not in done.names]
                break
            continue
        done.add(scene.name)
        files.append(one.file)
        for line in _lines(head, one, spent):
            tell(line)
    if spent:
        tell("In all: " + ", ".join(f"{name}: {value:g}" for name, value in spent.items()))
    if not missing:
        done.clear()
    return Outcome(files, missing)


class Done:
    """The scenes that a recording has finished, noted in a file until all are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / ".recording.json"
        self.names: list[str] = []
        with suppress(OSError, ValueError, KeyError, TypeError):
            noted = json.loads(self.file.read_text(encoding="utf-8"))
            if time.time() - float(noted["at"]) < GOES_ON_FOR:
                self.names = [name for name in noted["done"] if (folder / f"{name}.yaml").is_file()]

    def add(self, name: str) -> None:
        """Notes one more."""
        self.names.append(name)
        beside = self.file.with_suffix(".part")
        beside.write_text(json.dumps({"at": time.time(), "done": self.names}), encoding="utf-8")
        beside.replace(self.file)

    def clear(self) -> None:
        """All is done: the next recording begins anew."""
        self.file.unlink(missing_ok=True)


def _lines(head: str, one: Stored, spent: dict[str, float]) -> Iterator[str]:
    """What is told of a stored scene; what it used is added to `spent`."""
    for name, value in NUMBER.findall(one.used) if one.worked else ():
        spent[name] = spent.get(name, 0) + float(value)
    replies = "1 exchange" if one.exchanges == 1 else f"{one.exchanges} exchanges"
    yield f"{head}: recorded, {replies}, {one.seconds:.1f} s{'; ' + one.used if one.used else ''}"
    for warning in one.warnings:
        yield f"Warning: {one.file.name} holds what may be personal: {warning}. Look before you share it."
