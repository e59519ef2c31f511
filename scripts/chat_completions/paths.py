"""Find the skill's files and the user's, and replace one. No other module looks at `__file__`."""

import os
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


@cache
def skill_root() -> Path:
    """Return the folder that holds SKILL.md: inside a wheel, or two folders up in the skill's folder."""
    in_wheel = PACKAGE / ".agents" / "skills" / "chat-completions"
    return in_wheel if in_wheel.is_dir() else PACKAGE.parents[1]


@cache
def join(folder: Path, *names: str) -> Path:
    """Return a path in a folder of ours; the same few are asked for thousands of times."""
    return folder.joinpath(*names)


def references() -> Path:
    """Return the folder of the facts."""
    return join(skill_root(), "references")


def templates() -> Path:
    """Return the folder of the templates, one folder for each language."""
    return join(skill_root(), "templates")


def cassettes() -> Path:
    """Return the cassettes that `replay` serves: those in the wheel, or those of the tests."""
    in_wheel = PACKAGE / "cassettes"
    return in_wheel if in_wheel.is_dir() else PACKAGE.parents[1] / "tests" / "cassettes"


def config_folder() -> Path:
    """Return the user's own folder: `gateways/*.yaml` in it are gateways of theirs."""
    chosen = os.environ.get("CHAT_COMPLETIONS_HOME")
    if chosen:
        return Path(chosen)
    base = os.environ.get("APPDATA") if os.name == "nt" else os.environ.get("XDG_CONFIG_HOME")
    try:
        return (Path(base) if base else Path.home() / ".config") / "chat-completions"
    except RuntimeError:  # a user without a home
        return Path(os.devnull)


def last_check_file(gateway: str) -> Path:
    """Return where the result of the user's last check of a gateway is stored."""
    return config_folder() / "checks" / f"{gateway}.json"


def replace_file(path: Path, data: bytes) -> None:
    """Write the whole file or nothing: a temporary file first, then into its place; a mode stays, a script can run."""
    temporary = path.with_name(f".{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        if path.exists():
            temporary.chmod(path.stat().st_mode)
        elif data.startswith(b"#!"):
            temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
