"""Finds gateways, tasks, protocols and languages by name and loads them as typed objects."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_loader import build_gateway, build_model_facts
from chat_completions.catalog.language import Language, build_language
from chat_completions.catalog.last_check import load_last_check
from chat_completions.catalog.protocol import Protocol, build_protocol
from chat_completions.catalog.task import DecisionTable, Task, build_decision_table, build_task
from chat_completions.catalog.yaml_files import FIX, read_own, read_users
from chat_completions.errors import BadData, BadInput, ChatCompletionsError, UnknownName, find_name
from chat_completions.json_values import JsonObject
from chat_completions.paths import config_folder, references, templates

FOLDERS = {"gateway": "gateways", "task": "tasks", "protocol": "protocols"}
T = TypeVar("T")
# What Python says of a named tuple that is created with the wrong keys.
CALL_MISTAKE = re.compile(r"(\w+)\.__new__\(\) .*?(missing|unexpected) .*?('\w+').*")


def names(kind: str) -> list[str]:
    """Return the ids of a kind: gateway (the user's own too), task, protocol, language."""
    ids = set(_own_names(kind))
    if kind == "gateway":
        ids |= {path.stem for path in (config_folder() / "gateways").glob("[!.]*.yaml")}
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
    path = _users_gateway(name)
    if path is None and name not in _own_names("gateway"):
        name = _similar_gateway(name)
        path = _users_gateway(name)
    if path is None:
        path = _file("gateway", name)
        return _gateway(name, read_own(path), _shown(path), BadData)
    from chat_completions.catalog.gateway_check import check_gateway_file

    data = read_users(path, "gateway")
    check_gateway_file(data, path)
    return _gateway(_as_id(path.stem), data, str(path), BadInput)


def describe_gateway(base_url: str, key: str, models: list[str], *, allow_http: bool) -> Gateway:
    """Return an OpenAI-compatible gateway that is described by options; BadInput names the one that is wrong."""
    from chat_completions.catalog.urls import check_base_url

    variable = read_own(references() / "gateway.schema.yaml")["properties"]["key"]
    if not re.search(variable["pattern"].replace("$", r"\Z"), key):
        raise BadInput("--key takes the NAME of a variable, not a key.", variable["description"])
    if not base_url:
        raise BadInput("--key belongs to --base-url.", "Give both, or a --gateway.")
    check_base_url(base_url, allow_http=allow_http)
    host = urlsplit(base_url).hostname or "gateway"
    data = {"name": host[:40], "base_url": base_url, "key": key, "models": models, "allow_http": allow_http}
    return _gateway(_as_id(host), data, base_url, BadInput)


def load_protocol(name: str) -> Protocol:
    """Return a protocol by its id or one of its aliases; UnknownName where there is none, BadData for a broken file."""
    return _load("protocol", name, build_protocol)


def load_task(name: str) -> Task:
    """Return a task by its id or one of its aliases; UnknownName where there is none, BadData for a broken file."""
    return _load("task", name, build_task)


def load_language(name: str) -> Language:
    """Return a language by its id or one of its aliases; UnknownName where there is none, BadData for a broken file."""
    return _load("language", name, build_language)


def load_decision_table() -> DecisionTable:
    """Return the rules of references/decision_table.yaml, in order; BadData where the file is broken."""
    path = references() / "decision_table.yaml"
    return _build(partial(build_decision_table, read_own(path)), _shown(path))


def find_id(kind: str, name: str) -> str:
    """Return the id of the task, protocol or language of this name; UnknownName offers the nearest."""
    known = _own_names(kind)
    if name in known:
        return name
    aliases = {id_: read_own(_file(kind, id_)).get("aliases", ()) for id_ in known}
    id_ = find_name(name, aliases)
    if id_ is None:
        raise UnknownName(kind, name, known, [alias for several in aliases.values() for alias in several])
    return id_


def _load(kind: str, name: str, build: Callable[[str, JsonObject], T]) -> T:
    id_ = find_id(kind, name)
    path = _file(kind, id_)
    return _build(partial(build, id_, read_own(path)), _shown(path))


def _gateway(id_: str, data: Any, file: str, error: type[ChatCompletionsError]) -> Gateway:
    facts = build_model_facts(read_own(references() / "model_facts.yaml"))
    gateway = _build(partial(build_gateway, id_, data, facts), file, error)
    return gateway._replace(last_check=load_last_check(id_))


def _build(build: Callable[[], T], file: str, error: type[ChatCompletionsError] = BadData) -> T:
    """Return the object that `build` makes of a file; raise `error`, which names the file, where it cannot."""
    try:
        return build()
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise error(f"{file} is broken: {_reason(problem)}.", FIX) from problem


def _reason(problem: Exception) -> str:
    """Return what is wrong with a file: the key that it lacks, or has too many, where that is known."""
    if isinstance(problem, KeyError):
        return f"it lacks {problem}"
    found = CALL_MISTAKE.fullmatch(str(problem))
    if found is None:
        return f"{type(problem).__name__} {problem}"
    kind, mistake, name = found.groups()
    return f"its {kind.lower()} {'lacks' if mistake == 'missing' else 'has the unknown key'} {name}"


def _file(kind: str, id_: str) -> Path:
    """Return the file of ours that describes one of a kind."""
    return templates() / id_ / "language.yaml" if kind == "language" else references() / FOLDERS[kind] / f"{id_}.yaml"


def _shown(path: Path) -> str:
    return path.relative_to(references().parent).as_posix()


def _own_names(kind: str) -> list[str]:
    """Return the ids of a kind that come with the program."""
    if kind == "language":
        ids = [file.parent.name for file in templates().glob("[!.]*/language.yaml")]
    else:
        ids = [file.stem for file in (references() / FOLDERS[kind]).glob("[!.]*.yaml")]
    if not ids:
        raise BadData(f"There is no {kind} at all.", FIX)
    return sorted(ids)


def _as_id(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", text)


def _users_gateway(name: str) -> Path | None:
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
        text = (_users_gateway(gateway) or _file("gateway", gateway)).read_text(encoding="utf-8", errors="replace")
        return re.findall(r"""^name: *["']?(.*?)["']? *$""", text, re.MULTILINE)[:1]
    return []
