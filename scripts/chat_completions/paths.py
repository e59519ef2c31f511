"""Where the skill's own files and the user's are. No other room looks at `__file__`."""

import os
from pathlib import Path

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
    return (Path(base) if base else Path.home() / ".config") / "chat-completions"


def cache_folder() -> Path | None:
    """A folder of the user's for what can be made again, or None where none can be written."""
    base = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".cache") / "chat-completions"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # a read-only home, or none at all
        return None
    own = os.name == "nt" or folder.stat().st_uid == os.getuid()
    return folder if own and os.access(folder, os.W_OK) else None
