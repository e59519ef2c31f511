"""Where the skill's own files and the user's are. No other room looks at `__file__`."""

import os
import stat
import tempfile
from functools import cache
from pathlib import Path

PRIVATE = 0o700
PACKAGE = Path(__file__).resolve().parent


def skill_root() -> Path:
    """The folder that holds SKILL.md: inside a wheel, or two floors up in the skill's folder."""
    in_wheel = PACKAGE / ".agents" / "skills" / "chat-completions"
    return in_wheel if in_wheel.is_dir() else PACKAGE.parents[1]


def cassettes() -> Path:
    """The cassettes that `replay` serves: the wheel's own, or those beside the tests."""
    in_wheel = PACKAGE / "cassettes"
    return in_wheel if in_wheel.is_dir() else PACKAGE.parents[1] / "tests" / "cassettes"


def config_folder() -> Path:
    """The user's own folder: `gateways/*.yaml` in it are gateways of theirs."""
    chosen = os.environ.get("CHAT_COMPLETIONS_HOME")
    if chosen:
        return Path(chosen)
    base = os.environ.get("APPDATA") if os.name == "nt" else os.environ.get("XDG_CONFIG_HOME")
    try:
        return (Path(base) if base else Path.home() / ".config") / "chat-completions"
    except RuntimeError:  # a user without a home
        return Path(os.devnull)


def recordings() -> Path:
    """The user's own cassettes, which `record` writes."""
    return config_folder() / "cassettes"


@cache
def cache_folder() -> Path | None:
    """A folder for what can be made again, in the temporary folder, or None where none is safe.

    Code is loaded from it, so it must be a real folder that is the user's and nobody else's.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    try:
        folder = Path(tempfile.gettempdir()) / f"chat-completions-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
    except OSError:  # nothing can be written here at all
        return None
    open_to = about.st_mode & (stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
    own = not hasattr(os, "getuid") or (about.st_uid == user and open_to == PRIVATE)
    return folder if own and stat.S_ISDIR(about.st_mode) and os.access(folder, os.W_OK) else None
