"""Finds gateways, tasks, protocols and languages by name and loads them as typed objects."""

import os
import re
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from chat_completions.catalog.build import (
    ValidationError,
    build_decision_table,
    build_language,
    build_protocol,
    build_task,
)
from chat_completions.catalog.gateway import Gateway, LastCheck
from chat_completions.catalog.gateway_file import build_gateway, build_model_facts
from chat_completions.catalog.last_check import load_last_check
from chat_completions.catalog.types import DecisionTable, Language, Library, Protocol, Task
from chat_completions.catalog.yaml_files import FIX, line_of, read_our_file, read_user_file
from chat_completions.errors import BadData, BadInput, UnknownName, find_name
from chat_completions.json_values import JsonObject
from chat_completions.paths import config_folder, references, templates

FOLDERS = {"gateway": "gateways", "task": "tasks", "protocol": "protocols"}
T = TypeVar("T")


def names(kind: str) -> list[str]:
    """Return the ids of a kind: gateway (the user's own too), task, protocol, language."""
    ids = set(_our_ids(kind))
    if kind == "gateway":
        ids |= {path.stem for path in _visible(config_folder() / "gateways") if path.suffix == ".yaml"}
    return sorted(ids)


def load_gateway(name: str) -> Gateway:
    """Return a gateway by its id or name, or by the path of the user's own YAML file.

    Raises UnknownName, BadInput with file and line for a mistake in the user's file, BadData for one in ours.
    """
    if "://" in name:
        raise BadInput(
            f"--gateway takes a name or a file, not the URL {name!r}.",
            f"Give `--base-url {name} --key NAME_OF_ITS_VARIABLE --model ID` instead, or `init` a file for it.",
        )
    path = _user_file(name)
    if path is None and name not in _our_ids("gateway"):
        name = _similar_gateway(name)
        path = _user_file(name)
    if path is None:
        return _from_file(_our_file("gateway", name), _gateway, name, load_last_check(name))
    return _from_user_file(path)


def describe_gateway(base_url: str, key: str, models: list[str], *, allow_http: bool) -> Gateway:
    """Return an OpenAI-compatible gateway that is described by options; BadInput names the one that is wrong."""
    from chat_completions.catalog.urls import check_base_url

    variable = _schema()["properties"]["key"]
    if not re.search(variable["pattern"].replace("$", r"\Z"), key):
        raise BadInput("--key takes the NAME of a variable, not a key.", variable["description"])
    if not base_url:
        raise BadInput("--key belongs to --base-url.", "Give both, or a --gateway.")
    check_base_url(base_url, allow_http=allow_http)
    host = urlsplit(base_url).hostname or "gateway"
    data = {"name": host[:40], "base_url": base_url, "key": key, "models": models, "allow_http": allow_http}
    return _gateway(data, _as_id(host), load_last_check(_as_id(host)))


def load_protocol(name: str) -> Protocol:
    """Return a protocol by its id or one of its aliases; UnknownName where there is none, BadData for a broken file."""
    id_ = find_id("protocol", name)
    return _from_file(_our_file("protocol", id_), build_protocol, id_)


def load_task(name: str) -> Task:
    """Return a task by its id or one of its aliases; UnknownName where there is none, BadData for a broken file."""
    id_ = find_id("task", name)
    return _from_file(_our_file("task", id_), build_task, id_, _our_ids("protocol"))


def load_language(name: str) -> Language:
    """Return a language by its id or one of its aliases; UnknownName where there is none, BadData for a broken file."""
    id_ = find_id("language", name)
    return _from_file(_our_file("language", id_), build_language, id_, _our_ids("protocol"))


def load_decision_table() -> DecisionTable:
    """Return the rules of references/decision_table.yaml, in order; BadData where the file is broken."""
    return _from_file(references() / "decision_table.yaml", build_decision_table)


def find_id(kind: str, name: str) -> str:
    """Return the id of the task, protocol or language of this name; UnknownName offers the nearest."""
    known = _our_ids(kind)
    if name in known:
        return name
    aliases = {id_: read_our_file(_our_file(kind, id_)).get("aliases", ()) for id_ in known}
    id_ = find_name(name, aliases)
    if id_ is None:
        raise UnknownName(kind, name, known, [alias for several in aliases.values() for alias in several])
    return id_


def has_template(language: Language, library: Library, name: str, protocol: str) -> bool:
    """Return whether a library has a template of this name, for all protocols or for this one."""
    names_of_files = _template_names(templates() / language.id / library.id)
    return name in names_of_files or f"{name}.{protocol}" in names_of_files


@cache
def _template_names(folder: Path) -> frozenset[str]:
    return frozenset(path.stem for path in _visible(folder))


def _gateway(data: Any, id_: str, last_check: LastCheck | None) -> Gateway:
    facts = _from_file(references() / "model_facts.yaml", build_model_facts)
    return build_gateway(id_, data, facts, last_check, _our_ids("protocol"))


def _from_file(path: Path, make: Callable[..., T], *known: Hashable) -> T:
    """Return what `make` makes of one of our files and what is `known`, once in a process.

    Raises BadData with file and line for a mistake in the file.
    """
    return cast("T", _made(path, make, *known))


@cache
def _made(path: Path, make: Callable[..., Any], *known: Hashable) -> Any:
    try:
        return make(read_our_file(path), *known)
    except ValidationError as problem:
        shown = path.relative_to(references().parent).as_posix()
        raise BadData(f"{shown}:{line_of(path, problem.place)}: {problem}.", problem.hint or FIX) from problem


def _from_user_file(path: Path) -> Gateway:
    """Return the gateway of a file of the user's; BadInput with file and line for a mistake in it."""
    from chat_completions.catalog.user_gateway import check_gateway

    data = read_user_file(path, "gateway")
    try:
        check_gateway(data, _schema())
        return _gateway(data, _as_id(path.stem), load_last_check(_as_id(path.stem)))
    except ValidationError as problem:
        raise BadInput(f"{path}:{line_of(path, problem.place)}: {problem}.", problem.hint) from problem


def _schema() -> JsonObject:
    schema: JsonObject = read_our_file(references() / "gateway.schema.yaml")
    return schema


def _our_file(kind: str, id_: str) -> Path:
    """Return the file of ours that describes one of a kind."""
    return templates() / id_ / "language.yaml" if kind == "language" else references() / FOLDERS[kind] / f"{id_}.yaml"


def _our_ids(kind: str) -> tuple[str, ...]:
    """Return the ids of a kind that come with the program, in order."""
    ids = _ids_in(templates() if kind == "language" else references() / FOLDERS[kind])
    if not ids:
        raise BadData(f"There is no {kind} at all.", FIX)
    return ids


@cache
def _ids_in(folder: Path) -> tuple[str, ...]:
    """Return the names of the files of a folder, and of its folders that hold a language, in order."""
    found = (path for path in _visible(folder) if path.suffix == ".yaml" or (path / "language.yaml").is_file())
    return tuple(sorted(path.stem for path in found))


def _visible(folder: Path) -> list[Path]:
    """Return what is in a folder but hidden files; a glob takes longer, which a cold start notices."""
    return [path for path in folder.iterdir() if path.name[0] != "."] if folder.is_dir() else []


def _as_id(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", text)


def _user_file(name: str) -> Path | None:
    """Return the user's own gateway file of that path, or of that name in their folder; None where there is none."""
    if name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name:
        return Path(os.path.expanduser(name))  # noqa: PTH111 - leaves an unknown ~user alone
    path = config_folder() / "gateways" / f"{name}.yaml"
    return path if name and name[0] != "." and os.path.lexists(path) else None


def _similar_gateway(name: str) -> str:
    """Return the id of the gateway, ours or the user's, that has this name in its file; UnknownName where none has."""
    known = names("gateway")
    id_ = find_name(name, {id_: _names_in_file(id_) for id_ in known})
    if id_ is None:
        raise UnknownName("gateway", name, known)
    return id_


def _names_in_file(gateway: str) -> list[str]:
    """Return the value of the line `name:` in a gateway's file, which need not be right in other respects."""
    with suppress(OSError):
        text = (_user_file(gateway) or _our_file("gateway", gateway)).read_text(encoding="utf-8", errors="replace")
        return re.findall(r"""^name: *["']?(.*?)["']? *$""", text, re.MULTILINE)[:1]
    return []
