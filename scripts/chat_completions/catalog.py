"""Reads the YAML files into shapes. The only room that opens YAML."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from chat_completions import evidence, gateways, shelf
from chat_completions.errors import BadData, BadInput, UnknownName
from chat_completions.paths import PACKAGE, cache_folder, config_folder
from chat_completions.shapes import Gateway, Language, Library, Protocol, Row, Task

DEEPEST = 500  # levels of a user's YAML file
LARGEST = 100_000  # items in it, those that aliases repeat counted again
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
        facts = read_user_file(own, "gateway")
        _check(facts, own)
    else:
        facts = _known("gateway", name)
    try:
        makers = _references("upstream.yaml")
        found = gateways.built(re.sub(r"[^A-Za-z0-9_-]", "-", own.stem if own else name), facts, makers)
        return found._replace(seen=evidence.seen(found.id))
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        file = own.name if own else f"{name}.yaml"
        raise (BadInput if own else BadData)(f"{file}: {type(problem).__name__} {problem}.") from problem


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
    return dict(_parsed((PACKAGE / "installing" / "agents.yaml").read_text(encoding="utf-8")))


def read_user_file(path: Path, what: str) -> Any:
    """A YAML or JSON file of the user's; BadInput with file and line where it is broken."""
    import yaml

    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix == ".json":
            return json.loads(text)
        _bounded(text)
        for line, key in _doubles(yaml.compose(text, _loader())):
            raise _broken(path, line, what, f"{key!r} is given twice")
        return _parsed(text)
    except OSError as problem:
        raise BadInput(f"The {what} file {str(path)!r} cannot be read: {problem.strerror}.") from problem
    except json.JSONDecodeError as problem:
        raise _broken(path, problem.lineno, what, problem.msg) from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise _broken(path, mark.line + 1 if mark else 1, what, reason) from problem
    except RecursionError as problem:
        raise _broken(path, 1, what, "it is nested too deeply") from problem
    except ValueError as problem:  # bytes that are not UTF-8, or a date that does not exist
        raise _broken(path, 1, what, str(problem)) from problem


def _bounded(text: str) -> None:
    """ValueError for a nesting that the C parser would not survive, and for aliases that grow or never end."""
    import yaml

    within: list[list[Any]] = [[None, 0]]  # of each open collection: its anchor, the items so far
    sizes: dict[str | None, int] = {}
    for event in yaml.parse(text, _loader()):
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.CollectionStartEvent):
            within.append([anchor, 1])
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = within.pop()
            sizes[anchor] = size
            within[-1][1] += size
        elif isinstance(event, yaml.AliasEvent):
            if anchor in (one[0] for one in within):
                raise ValueError(f"{anchor!r} contains itself")
            within[-1][1] += sizes.get(anchor, 1)
        else:
            within[-1][1] += 1
        if len(within) > DEEPEST or within[-1][1] > LARGEST:
            raise ValueError("it is nested too deeply" if len(within) > DEEPEST else "it holds too much")


def _doubles(root: Any) -> Iterator[tuple[int, str]]:
    """Line and name of every key that its mapping already has; YAML itself would keep the last."""
    rest, seen = [root], set()
    while rest:
        node = rest.pop()
        if id(node) in seen or not isinstance(getattr(node, "value", None), list):
            continue
        seen.add(id(node))
        names: set[str] = set()
        for one in node.value:
            key, value = one if isinstance(one, tuple) else (None, one)
            rest.append(value)
            if key is not None and str(key.value) in names:
                yield key.start_mark.line + 1, str(key.value)
            names.add("" if key is None else str(key.value))


def _check(facts: Any, path: Path) -> None:
    """BadInput with file and line where a gateway file of the user's breaks a rule."""
    from chat_completions import schema
    from chat_completions.urls import base_url

    for fault in schema.faults(facts, _references("gateway.schema.yaml")):
        where = ".".join(map(str, fault.path)) or "the file"
        raise BadInput(f"{path}:{_line(path, fault.path)}: {where} {fault.words}.", fault.hint)
    url = facts["base_url"]
    try:
        base_url(url if isinstance(url, str) else url["value"])
    except BadInput as problem:
        raise BadInput(f"{path}:{_line(path, ('base_url',))}: {problem}", problem.hint) from None


def _line(path: Path, steps: tuple[str | int, ...]) -> int:
    """The line of a YAML file on which the item at the end of `steps` stands."""
    import yaml

    node: Any = yaml.compose(path.read_text(encoding="utf-8-sig"), yaml.SafeLoader)
    if node is None:
        return 1
    mark = node.start_mark
    for step in steps:
        if isinstance(step, int):
            node = node.value[step]
            mark = node.start_mark
        else:
            found = [pair for pair in node.value if pair[0].value == step]
            if not found:  # it came in through a merge key: its parent's line must do
                break
            key, node = found[-1]
            mark = key.start_mark
    return int(mark.line) + 1


def _broken(path: Path, line: int, what: str, reason: str) -> BadInput:
    return BadInput(f"{path}:{line}: the {what} file is broken: {reason}.", "It must be YAML or JSON, in UTF-8.")


def _parsed(text: str) -> Any:
    """Safe YAML, read by the C parser where there is one."""
    import yaml  # only where the cache has no answer: importing it costs more than the answer

    return yaml.load(text, _loader())  # noqa: S506 - a safe one


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _language(id_: str) -> Language:
    file = f"{id_}/language.yaml"
    with _sound(f"templates/{file}"):
        facts = dict(_read("templates", file))
        libraries = {one: Library(one, **about) for one, about in facts.pop("libraries").items()}
        return Language(id=id_, libraries=libraries, **facts)


@contextmanager
def _sound(file: str) -> Iterator[None]:
    """The block reads one of our own files; BadData names it where it does not hold what it must."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise BadData(f"{file} is broken: {type(problem).__name__} {problem}.", MEND) from problem


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
    try:
        text = shelf.text(top, name)
    except ValueError as problem:
        raise BadData(f"{top}/{name} is broken: it is not UTF-8.", MEND) from problem
    if text is None:
        raise BadData(f"{top}/{name} is missing.", MEND)
    return _kept(top, name, text)


def _ours(top: str, name: str, text: str) -> Any:
    import yaml

    try:
        return _parsed(text)
    except (yaml.YAMLError, ValueError) as problem:
        raise BadData(f"{top}/{name} is broken: {' '.join(str(problem).split())[:200]}.", MEND) from problem


@cache
def _kept(top: str, name: str, text: str) -> Any:
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
