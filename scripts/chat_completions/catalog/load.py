"""Finds gateways, tasks, protocols and languages by name and loads them as typed objects."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chat_completions.catalog.gateway_loader import build_gateway, build_model_facts
from chat_completions.catalog.last_check import load_last_check
from chat_completions.catalog.protocol_loader import build_protocol
from chat_completions.catalog.types import Gateway, Language, Library, LiteralStyle, Protocol, Rule, Task
from chat_completions.catalog.yaml_files import FIX, line_of, read_own, read_users
from chat_completions.errors import BadData, BadInput, ChatCompletionsError, UnknownName, find_name
from chat_completions.paths import config_folder, references, templates

FILL_IN = "Put your own in place of each YOUR-…."
FOLDERS = {"gateway": "gateways", "task": "tasks", "protocol": "protocols"}


class DecisionTable(NamedTuple):
    """The rules that pick a model: by the kind of task, else by the priority."""

    kinds: list[Rule]
    priorities: list[Rule]


def names(kind: str) -> list[str]:
    """Return the ids of a kind: gateway (the user's own too), task, protocol, language."""
    found = _own_names(kind)
    if kind == "gateway":
        found |= {path.stem for path in (config_folder() / "gateways").glob("[!.]*.yaml")}
    return sorted(found)


def load_gateway(name: str) -> Gateway:
    """Return a gateway by its id or name, or by the path of the user's own YAML file."""
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
        data = read_own(references() / "gateways" / f"{name}.yaml")
        return _gateway(name, data, f"references/gateways/{name}.yaml", BadData)
    data = read_users(path, "gateway")
    _check_gateway(data, path)
    return _gateway(re.sub(r"[^A-Za-z0-9_-]", "-", path.stem), data, str(path), BadInput)


def describe_gateway(base_url: str, key: str, models: list[str], *, allow_http: bool) -> Gateway:
    """Return an OpenAI-compatible gateway that is described by options; BadInput names the one that is wrong."""
    from chat_completions.catalog.urls import check_base_url

    if not re.fullmatch(r"none|[A-Z][A-Z0-9_]*_(API_KEY|KEY|TOKEN|JWT|SECRET)", key):
        raise BadInput("--key takes the NAME of a variable, not a key.", "Write, for example, --key MY_GATEWAY_API_KEY")
    if not base_url:
        raise BadInput("--key belongs to --base-url.", "Give both, or a --gateway.")
    check_base_url(base_url, allow_http=allow_http)
    host = urlsplit(base_url).hostname or "gateway"
    data = {"name": host[:40], "base_url": base_url, "key": key, "models": models, "allow_http": allow_http}
    return _gateway(re.sub(r"[^A-Za-z0-9_-]", "-", host), data, base_url, BadInput)


def load_protocol(name: str) -> Protocol:
    """Return a protocol by its id or another name of it."""
    id_ = find_id("protocol", name)
    with _naming(f"references/protocols/{id_}.yaml"):
        return build_protocol(id_, read_own(references() / "protocols" / f"{id_}.yaml"))


def load_task(name: str) -> Task:
    """Return a task by its id or another name of it."""
    id_ = find_id("task", name)
    with _naming(f"references/tasks/{id_}.yaml"):
        return Task(id=id_, **read_own(references() / "tasks" / f"{id_}.yaml"))


def find_id(kind: str, name: str) -> str:
    """Return the id of the task or protocol that is called so; UnknownName offers the nearest."""
    known = sorted(_own_names(kind))
    if name in known:
        return name
    folder = references() / FOLDERS[kind]
    aliases = {id_: read_own(folder / f"{id_}.yaml").get("aliases", ()) for id_ in known}
    found = find_name(name, aliases)
    if found is None:
        raise UnknownName(kind, name, known, [alias for several in aliases.values() for alias in several])
    return found


def load_language(name: str) -> Language:
    """Return a language by its id or one of its aliases."""
    known = sorted(_own_names("language"))
    found: dict[str, Language] = {}
    for id_ in [name] if name in known else known:
        with _naming(f"templates/{id_}/language.yaml"):
            found[id_] = _language(id_, read_own(templates() / id_ / "language.yaml"))
    aliases = {id_: (language.name, *language.aliases) for id_, language in found.items()}
    match = find_name(name, aliases)
    if match is None:
        raise UnknownName("language", name, known, [alias for several in aliases.values() for alias in several])
    return found[match]


def load_decision_table() -> DecisionTable:
    """Return the rules of references/models.yaml, in order."""
    data = read_own(references() / "models.yaml")
    with _naming("references/models.yaml"):
        return DecisionTable([Rule(**rule) for rule in data["kinds"]], [Rule(**rule) for rule in data["priorities"]])


def _gateway(id_: str, data: Any, file: str, error: type[ChatCompletionsError]) -> Gateway:
    facts = read_own(references() / "model_facts.yaml")
    with _naming(file, error):
        return build_gateway(id_, data, build_model_facts(facts))._replace(last_check=load_last_check(id_))


def _language(id_: str, data: Any) -> Language:
    fields = dict(data)
    literals = LiteralStyle(**fields.pop("literals"))
    libraries = {name: Library(name, **library) for name, library in fields.pop("libraries").items()}
    return Language(id=id_, literals=literals, libraries=libraries, **fields)


def _own_names(kind: str) -> set[str]:
    """Return the ids of a kind that come with the program."""
    if kind == "language":
        found = {file.parent.name for file in templates().glob("[!.]*/language.yaml")}
    else:
        found = {file.stem for file in (references() / FOLDERS[kind]).glob("[!.]*.yaml")}
    if not found:
        raise BadData(f"There is no {kind} at all.", FIX)
    return found


def _users_gateway(name: str) -> Path | None:
    """Return the user's own gateway file that is meant: by its path, or by its name in their folder."""
    if name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name:
        return Path(os.path.expanduser(name))  # noqa: PTH111 - leaves an unknown ~user alone
    path = config_folder() / "gateways" / f"{name}.yaml"
    return path if name and name[0] != "." and os.path.lexists(path) else None


def _similar_gateway(name: str) -> str:
    """Return the id of the gateway, ours or the user's, that has this name in its file; UnknownName where none has."""
    known = names("gateway")
    found = find_name(name, {id_: _names_in_file(id_) for id_ in known})
    if found is None:
        raise UnknownName("gateway", name, known)
    return found


def _names_in_file(gateway: str) -> list[str]:
    """Return what a gateway's file says on its line `name:`; the file need not be right in other respects."""
    path = _users_gateway(gateway) or references() / "gateways" / f"{gateway}.yaml"
    with suppress(OSError):
        text = path.read_text(encoding="utf-8", errors="replace")
        return re.findall(r"""^name: *["']?(.*?)["']? *$""", text, re.MULTILINE)[:1]
    return []


def _check_gateway(data: Any, path: Path) -> None:
    """Raise BadInput with file and line where a gateway file of the user's breaks a rule."""
    from urllib.parse import parse_qsl, urlsplit

    from chat_completions.catalog.schema_check import validate
    from chat_completions.catalog.secrets import looks_like_key
    from chat_completions.catalog.urls import check_base_url

    for error in validate(data, read_own(references() / "gateway.schema.yaml")):
        where = ".".join(map(str, error.path)) or "the file"
        raise BadInput(f"{path}:{line_of(path, error.path)}: {where} {error.message}.", error.hint)
    url = data["base_url"]
    if "YOUR-" in str(url):
        raise BadInput(f"{path}:{line_of(path, ('base_url',))}: base_url is not filled in: {url}.", FILL_IN)
    try:
        check_base_url(url if isinstance(url, str) else url["value"], allow_http=data.get("allow_http", False))
    except BadInput as problem:
        raise BadInput(f"{path}:{line_of(path, ('base_url',))}: {problem}", problem.hint) from None
    for place, value in (*_texts(data, "headers"), *_texts(data, "default_body"), *_texts(data, "endpoints")):
        if looks_like_key(value) or any(looks_like_key(text) for _, text in parse_qsl(urlsplit(value).query)):
            raise BadInput(
                f"{path}:{line_of(path, place)}: the value of {place[-1]} looks like a key.",
                "A file holds no keys: name its variable under `extra_keys: [{key: NAME, header: …}]`.",
            )


def _texts(data: Any, *place: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield the texts under a place of a file, each with its own place."""
    value = data
    for step in place:
        value = value[step] if isinstance(value, list) else value.get(step, {})
    if isinstance(value, str):
        yield place, value
    steps = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        yield from _texts(data, *place, step)


@contextmanager
def _naming(file: str, error: type[ChatCompletionsError] = BadData) -> Iterator[None]:
    """Build something of a file in this block; the error names the file where it does not hold what it must."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise error(f"{file} is broken: {type(problem).__name__} {problem}.", FIX) from problem
