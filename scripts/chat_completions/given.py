"""Reads and writes what the user names: options, files, stdin, the output."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from chat_completions.errors import BadInput


def decoded(asked: dict[str, Any]) -> dict[str, Any]:
    """The options with their texts checked and `--param` read: each value as JSON, else as text."""
    for name in ("system", "model"):
        if asked.get(name) is not None:
            _checked_text(name, asked[name])
    if asked.get("model") is not None and (not asked["model"] or not asked["model"].isprintable()):
        raise BadInput("The model's name is empty or holds a control character.", "See `list models`.")
    params: dict[str, Any] = {}
    for pair in asked.pop("params"):
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise BadInput(f"--param {pair!r} is not NAME=VALUE.", "Write, for example, --param temperature=0.2")
        if name in params:
            raise BadInput(f"--param {name} is given twice.", "Give it once.")
        params[name] = _value(value)
    return {**asked, "params": params}


def meant(brought: dict[str, Any], images: Sequence[str]) -> str:
    """The task that what the user brings is for."""
    for name, task in (("tools", "tools"), ("schema", "structured"), ("messages", "conversation")):
        if brought[name] is not None:
            return task
    return "vision" if images else "chat"


def own(name: str, path: Path) -> Any:
    """What a file of the user's holds, checked."""
    from chat_completions import inputs, texts, turns

    check = {"messages": turns.checked, "tools": inputs.tools, "schema": inputs.schema}[name]
    return check(texts.read(path, name), str(path))


def prompt(text: str | None) -> str | None:
    """The prompt as it is, or what stdin holds for `-`."""
    if text != "-":
        return text if text is None else _checked_text("prompt", text)
    if sys.stdin is None:
        raise BadInput("There is no stdin to read the prompt from.", "Give the PROMPT itself.")
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadInput("The prompt on stdin is not UTF-8.", "Convert it first, for example with iconv.") from problem


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput("A --param holds half of a surrogate pair.", "Write the character itself.") from None
    except RecursionError:
        raise BadInput("A --param is nested too deeply.") from None
    except ValueError:
        return _checked_text("param", text)
    else:
        return value


def _checked_text(name: str, text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise BadInput(
            f"The {name} is not valid UTF-8, or holds half of a surrogate pair.", "Write it as UTF-8."
        ) from problem
    return text


def save(path: Path, text: str) -> None:
    """Write the whole file or nothing: beside it first, then into its place.

    A link keeps pointing where it points, a pipe or device is written to, a mode stays.
    """
    if path.is_dir():
        raise BadInput(f"{str(path)!r} is a folder.", "Name a file in it with --output.")
    path = path.resolve()
    beside = path.with_name(f".{os.getpid()}.part")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(text.encode("utf-8"))
            return
        beside.write_bytes(text.encode("utf-8"))
        if path.exists():
            beside.chmod(path.stat().st_mode)
        elif text.startswith("#!"):
            beside.chmod(0o755)
        beside.replace(path)
    except OSError as problem:
        with suppress(OSError):
            beside.unlink()
        reason = problem.strerror or type(problem).__name__
        raise BadInput(f"{str(path)!r} cannot be written: {reason}.", "Choose another --output.") from problem
