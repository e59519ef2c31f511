"""What the user's own last `check` of a gateway saw: one dated file, preferred to our tables."""

import json
import os
from contextlib import suppress
from pathlib import Path

from chat_completions.catalog.gateway import LastCheck
from chat_completions.errors import BadInput
from chat_completions.json_values import JsonObject
from chat_completions.paths import config_folder


def load_last_check(gateway: str) -> LastCheck | None:
    """Return what the last check listed; a file that is broken counts as none."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        data = json.loads(_file(gateway).read_text(encoding="utf-8"))
        listed = tuple(str(model) for model in data["listed"])
        return LastCheck(str(data["date"]), listed) if listed else None
    return None


def save_last_check(gateway: str, seen: JsonObject) -> Path:
    """Keep what a check saw; the whole file or the old one."""
    file = _file(gateway)
    temporary = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(seen, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        temporary.replace(file)
    except OSError as problem:
        raise BadInput(
            f"{str(file)!r} cannot be written: {problem.strerror}.", "Set CHAT_COMPLETIONS_HOME."
        ) from problem
    return file


def _file(gateway: str) -> Path:
    return config_folder() / "checks" / f"{gateway}.json"
