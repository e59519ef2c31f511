"""What the user's own checks of a gateway saw: dated, kept in their folder, preferred to our tables."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from chat_completions.errors import BadInput
from chat_completions.paths import config_folder
from chat_completions.shapes import NOTHING, Facts


def seen(gateway: str) -> Facts:
    """`date` and `listed` of the last check, or nothing; a file that is broken counts as none."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        data = json.loads(_file(gateway).read_text(encoding="utf-8"))
        listed = [str(one) for one in data["listed"]]
        return {"date": str(data["date"]), "listed": listed} if listed else NOTHING
    return NOTHING


def save(gateway: str, what: dict[str, Any]) -> Path:
    """Keeps what a check saw; the whole file or the old one."""
    file = _file(gateway)
    beside = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(what, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        beside.replace(file)
    except OSError as problem:
        raise BadInput(
            f"{str(file)!r} cannot be written: {problem.strerror}.", "Set CHAT_COMPLETIONS_HOME."
        ) from problem
    return file


def _file(gateway: str) -> Path:
    return config_folder() / "evidence" / f"{gateway}.json"
