"""The form in which a library sends the request that a cassette holds, where it has one of its own.

A library named here has a module, as_sent of which is applied to the recorded request before it is compared, for
the programs of this library alone: nothing is compared more loosely. FAILS_ON of the module are cassettes that end
with an error in this library, each with the reason.
"""

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chat_completions.replay.cassette import Exchange


def sent_by(library: str, recorded: Iterable[Exchange]) -> list[Exchange]:
    """Return the recorded exchanges in the form in which a library sends them: most send what a program says."""
    module = _module(library)
    return [*map(module.as_sent, recorded)] if module else list(recorded)


def fails_on(library: str, cassette: str) -> bool:
    """Return whether the programs of a library end with an error where those of the others do not."""
    return cassette in getattr(_module(library), "FAILS_ON", {})


def _module(library: str) -> Any:
    name = library.replace("-", "_")
    exists = Path(__file__).with_name(f"{name}.py").exists()
    return importlib.import_module(f"{__name__}.{name}") if exists else None
