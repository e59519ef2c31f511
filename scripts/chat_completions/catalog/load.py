"""Find tasks, protocols and languages by name and load them as typed objects, each file once in a process."""

import re
from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from chat_completions.catalog.types import DecisionTable, Language, Library, Protocol, Task
from chat_completions.catalog.validation import ValidationError, build, check_names, find_texts
from chat_completions.catalog.yaml_files import FIX, line_of, read_our_file
from chat_completions.errors import BadData, UnknownName, simplify
from chat_completions.paths import join, references, templates

FOLDERS = {"gateway": "gateways", "task": "tasks", "protocol": "protocols"}
PLACEHOLDER = re.compile(r"\$[a-z_]+")
# The placeholders that planning.request_body fills in.
IN_TASKS = ("$model", "$messages", "$tools", "$prompt", "$system", "$images", "$task_id")
IN_PROTOCOLS = ("$name", "$description", "$parameters", "$strict", "$schema")
T = TypeVar("T")


def names(kind: str) -> tuple[str, ...]:
    """Return the ids of a kind (gateway, task, protocol, language) that come with the program, in order."""
    ids = _names_in(templates() if kind == "language" else join(references(), FOLDERS[kind]))
    if not ids:
        raise BadData(f"There is no {kind} at all.", FIX)
    return ids


def our_file(kind: str, id_: str) -> Path:
    """Return the file of ours that describes one of a kind."""
    if kind == "language":
        return join(templates(), id_, "language.yaml")
    return join(references(), FOLDERS[kind], f"{id_}.yaml")


def find_id(kind: str, name: str) -> str:
    """Return the id of the task, protocol or language of this name or alias; UnknownName offers the nearest."""
    known = names(kind)
    if name in known:
        return name
    aliases = {id_: read_our_file(our_file(kind, id_)).get("aliases", ()) for id_ in known}
    id_ = find_name(name, aliases)
    if id_ is None:
        raise UnknownName(kind, name, known, [alias for several in aliases.values() for alias in several])
    return id_


def find_name(name: str, known: Mapping[str, Iterable[str]]) -> str | None:
    """Return the one of `known` that is called `name` or has it among its other names; None where none or several are.

    An exact name comes first; otherwise case, spaces and hyphens do not matter.
    """
    if name in known:
        return name
    simple = simplify(name)
    matches = [id_ for id_, aliases in known.items() if simple in map(simplify, (id_, *aliases))]
    return matches[0] if simple and len(matches) == 1 else None


def load_protocol(name: str) -> Protocol:
    """Return a protocol by its id or one of its aliases; UnknownName where there is none, BadData for a broken file."""
    return _load("protocol", name, _build_protocol)


def load_task(name: str) -> Task:
    """Return a task in the same way."""
    return _load("task", name, _build_task)


def load_language(name: str) -> Language:
    """Return a language in the same way."""
    return _load("language", name, _build_language)


def load_decision_table() -> DecisionTable:
    """Return the rules of references/decision_table.yaml, in order; BadData where the file is broken."""
    return load_our_file(join(references(), "decision_table.yaml"), _build_decision_table)


def has_template(language: Language, library: Library, name: str, protocol: str) -> bool:
    """Return whether a library has a template of this name, for all protocols or for this one."""
    stems = _template_names(join(templates(), language.id, library.id))
    return name in stems or f"{name}.{protocol}" in stems


def load_our_file(path: Path, make: Callable[..., T], *known: Hashable) -> T:
    """Return what `make` builds from one of our files and the `known` ids; BadData with file and line for a mistake."""
    return cast("T", _make(path, make, *known))


def _load(kind: str, name: str, make: Callable[[Any, str], T]) -> T:
    id_ = find_id(kind, name)
    return load_our_file(our_file(kind, id_), make, id_)


def visible(folder: Path) -> list[Path]:
    """Return what is in a folder but hidden files; a glob takes longer, which a cold start notices."""
    return [path for path in folder.iterdir() if path.name[0] != "."] if folder.is_dir() else []


@cache
def _make(path: Path, make: Callable[..., Any], *known: Hashable) -> Any:
    try:
        return make(read_our_file(path), *known)
    except ValidationError as problem:
        shown = path.relative_to(references().parent).as_posix()
        raise BadData(f"{shown}:{line_of(path, problem.place)}: {problem}.", problem.hint or FIX) from problem


@cache
def _names_in(folder: Path) -> tuple[str, ...]:
    """Return the names of the files of a folder, and of its folders that hold a language, in order."""
    paths = (path for path in visible(folder) if path.suffix == ".yaml" or (path / "language.yaml").is_file())
    return tuple(sorted(path.stem for path in paths))


@cache
def _template_names(folder: Path) -> frozenset[str]:
    return frozenset(path.stem for path in visible(folder))


def _build_decision_table(data: Any) -> DecisionTable:
    return build(DecisionTable, data)


def _build_protocol(data: Any, id_: str) -> Protocol:
    _check_placeholders(data, IN_PROTOCOLS)
    return build(Protocol, data, id=id_)


def _build_task(data: Any, id_: str) -> Task:
    task = build(Task, data, id=id_)
    _check_placeholders(data, IN_TASKS)
    check_names(task.body, names("protocol"), ("body",))
    return task._replace(template=task.template or task.kind)


def _build_language(data: Any, id_: str) -> Language:
    language = build(Language, data, id=id_)
    for library in language.libraries.values():
        check_names(library.protocols, names("protocol"), ("libraries", library.id, "protocols"))
    return language


def _check_placeholders(data: Any, known: Container[str]) -> None:
    """Raise ValidationError for an unknown placeholder such as `$promt`."""
    for place, text in find_texts(data):
        if PLACEHOLDER.fullmatch(text) and text not in known:
            raise ValidationError(place, f"holds {text!r}, which stands for nothing")
