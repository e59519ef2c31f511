"""Reads the facts, ours and the user's, into shapes."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from chat_completions import evidence, gateways, shelf, texts
from chat_completions.errors import BadData, BadInput, ChatCompletionsError, UnknownName
from chat_completions.paths import PACKAGE, cache_folder, config_folder
from chat_completions.shapes import Gateway, Language, Library, Protocol, Row, Task

SUMMARY = re.compile(r"[\w ,;:()'-]{1,100}")  # it stands in a comment of the programs
MEND = "Mend the file if it is yours, or else install the package anew."
FOLDERS = {"gateway": "gateways", "task": "tasks", "protocol": "protocols"}


def names(kind: str) -> list[str]:
    """The ids there are of a kind: gateway (the user's own too), task, protocol, language."""
    if kind == "language":
        found = {one.parent.name for one in shelf.names("templates", "*/language.yaml")}
    else:
        found = {one.stem for one in shelf.names("references", f"{FOLDERS[kind]}/*.yaml")}
    if not found:
        raise BadData(f"There is no {kind} at all.", MEND)
    if kind == "gateway":
        found |= {path.stem for path in (config_folder() / "gateways").glob("[!.]*.yaml")}
    return sorted(found)


def gateway(name: str) -> Gateway:
    """A gateway by its id, or by the path of the user's own YAML file."""
    own = _users_gateway(name)
    if own:
        facts = texts.read(own, "gateway")
        _check(facts, own)
    else:
        facts = _known("gateway", name)
    with _sound(str(own), BadInput) if own else _sound(f"references/gateways/{name}.yaml"):
        makers = _references("upstream.yaml")
        found = gateways.built(re.sub(r"[^A-Za-z0-9_-]", "-", own.stem if own else name), facts, makers)
        return found._replace(seen=evidence.seen(found.id))


def protocol(name: str) -> Protocol:
    """A protocol by its id; what to do about an HTTP status is common to all."""
    with _sound(f"references/protocols/{name}.yaml"):
        facts = _known("protocol", name)
        errors = {**_references("errors.yaml"), **facts.get("errors", {})}
        return Protocol(id=name, **{**facts, "errors": errors})


def task(name: str) -> Task:
    """A task by its id."""
    with _sound(f"references/tasks/{name}.yaml"):
        found = Task(id=name, **_known("task", name))
        if not SUMMARY.fullmatch(found.summary):
            raise ValueError("its summary is not one short plain line")
        return found


def language(name: str) -> Language:
    """A language by its id or one of its aliases."""
    known = names("language")
    id_ = name if name in known else next((one for one in known if name in _language(one).aliases), None)
    if id_ is None:
        raise UnknownName("language", name, known)
    return _language(id_)


def decision_table() -> list[Row]:
    """The rows of references/models.yaml, in order."""
    return [Row(**row) for row in _references("models.yaml")]


def agents() -> dict[str, Any]:
    """Where each agent looks for skills. Not cached: whoever removes the skill leaves no cache behind."""
    return dict(texts.parsed((PACKAGE / "installing" / "agents.yaml").read_text(encoding="utf-8")))


def _check(facts: Any, path: Path) -> None:
    """BadInput with file and line where a gateway file of the user's breaks a rule."""
    from chat_completions import schema
    from chat_completions.urls import base_url

    for fault in schema.faults(facts, _references("gateway.schema.yaml")):
        where = ".".join(map(str, fault.path)) or "the file"
        raise BadInput(f"{path}:{texts.line(path, fault.path)}: {where} {fault.words}.", fault.hint)
    url = facts["base_url"]
    try:
        base_url(url if isinstance(url, str) else url["value"])
    except BadInput as problem:
        raise BadInput(f"{path}:{texts.line(path, ('base_url',))}: {problem}", problem.hint) from None


def _language(id_: str) -> Language:
    file = f"{id_}/language.yaml"
    with _sound(f"templates/{file}"):
        facts = dict(_read("templates", file))
        libraries = {one: Library(one, **about) for one, about in facts.pop("libraries").items()}
        return Language(id=id_, libraries=libraries, **facts)


@contextmanager
def _sound(file: str, error: type[ChatCompletionsError] = BadData) -> Iterator[None]:
    """The block makes something of a file; the error names it where it does not hold what it must."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise error(f"{file} is broken: {type(problem).__name__} {problem}.", MEND) from problem


def _users_gateway(name: str) -> Path | None:
    """The user's own gateway file that is meant: by its path, or by its name in their folder or the skill's."""
    if name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name:
        return Path(os.path.expanduser(name))  # noqa: PTH111 - leaves an unknown ~user alone
    if name not in names("gateway"):
        return None
    path = config_folder() / "gateways" / f"{name}.yaml"
    return path if os.path.lexists(path) else shelf.beside("references", f"gateways/{name}.yaml")


def _known(kind: str, name: str) -> Any:
    if name not in names(kind):
        raise UnknownName(kind, name, names(kind))
    return _references(f"{FOLDERS[kind]}/{name}.yaml")


def _references(name: str) -> Any:
    return _read("references", name)


def _read(top: str, name: str) -> Any:
    """One of our own YAML files, out of the cache while its text is as it was then."""
    return _kept(shelf.home(top), name)


def _text(top: str, name: str) -> str:
    try:
        text = shelf.text(top, name)
    except ValueError as problem:
        raise BadData(f"{top}/{name} is broken: it is not UTF-8.", MEND) from problem
    if text is None:
        raise BadData(f"{top}/{name} is missing.", MEND)
    return text


def _ours(top: str, name: str, text: str) -> Any:
    import yaml

    try:
        return texts.parsed(text)
    except (yaml.YAMLError, ValueError) as problem:
        raise BadData(f"{top}/{name} is broken: {' '.join(str(problem).split())[:200]}.", MEND) from problem


@cache
def _kept(where: Path, name: str) -> Any:
    top, text = where.name, _text(where.name, name)
    folder, short = cache_folder(), name.removesuffix(".yaml").replace("/", "-")
    kept = folder / f"{short}-{sha256(text.encode()).hexdigest()[:32]}.json" if folder else None
    with suppress(OSError, ValueError):
        if kept:
            return json.loads(kept.read_bytes())
    data = _ours(top, name, text)
    with suppress(OSError, TypeError):  # what JSON cannot hold is not kept
        if kept:
            beside = kept.with_suffix(f".{os.getpid()}.part")
            beside.write_text(json.dumps(data), encoding="utf-8")
            beside.replace(kept)
    return data
