"""Find a gateway, ours or the user's, by its name, its file or the options that describe it.

With it goes what the user's own last `check` of it listed: one dated file, preferred to our tables.
"""

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_completions.catalog.build import ValidationError
from chat_completions.catalog.gateway import Gateway, LastCheck
from chat_completions.catalog.gateway_file import build_gateway, build_model_facts, check_base_url
from chat_completions.catalog.load import find_name, load_our_file, names, our_file, visible
from chat_completions.catalog.types import JsonObject
from chat_completions.catalog.yaml_files import line_of, read_our_file, read_user_file
from chat_completions.errors import BadInput, UnknownName
from chat_completions.paths import config_folder, references


def gateway_names() -> list[str]:
    """Return the ids of all gateways, the user's own too, in order."""
    user_ids = {path.stem for path in visible(config_folder() / "gateways") if path.suffix == ".yaml"}
    return sorted({*names("gateway"), *user_ids})


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
    if path is None and name not in names("gateway"):
        name = _similar_gateway(name)
        path = _user_file(name)
    if path is None:
        return load_our_file(our_file("gateway", name), _build, name, _load_last_check(name))
    return _load_user_file(path)


def describe_gateway(base_url: str, key: str, models: list[str], *, allow_http: bool) -> Gateway:
    """Return an OpenAI-compatible gateway that is described by options; BadInput names the one that is wrong."""
    variable = _schema()["properties"]["key"]
    if not re.search(variable["pattern"].replace("$", r"\Z"), key):
        raise BadInput("--key takes the NAME of a variable, not a key.", variable["description"])
    if not base_url:
        raise BadInput("--key belongs to --base-url.", "Give both, or a --gateway.")
    check_base_url(base_url, allow_http=allow_http)
    host = urlsplit(base_url).hostname or "gateway"
    data = {"name": host[:40], "base_url": base_url, "key": key, "models": models, "allow_http": allow_http}
    return _build_with_check(data, host)


def save_last_check(gateway: str, result: JsonObject) -> Path:
    """Store the result of a check; an interrupted write leaves the old file."""
    file = _check_file(gateway)
    temporary = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        temporary.replace(file)
    except OSError as problem:
        reason = f"{str(file)!r} cannot be written: {problem.strerror}."
        raise BadInput(reason, "Set CHAT_COMPLETIONS_HOME.") from problem
    return file


def _load_last_check(gateway: str) -> LastCheck | None:
    """Return what the last check listed; a file that is broken counts as none."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        data = json.loads(_check_file(gateway).read_text(encoding="utf-8"))
        listed = tuple(str(model) for model in data["listed"])
        return LastCheck(str(data["date"]), listed) if listed else None
    return None


def _check_file(gateway: str) -> Path:
    return config_folder() / "checks" / f"{gateway}.json"


def _load_user_file(path: Path) -> Gateway:
    """Return the gateway of a file of the user's; BadInput with file and line for a mistake in it."""
    from chat_completions.catalog.user_gateway import check_gateway

    data = read_user_file(path, "gateway")
    try:
        check_gateway(data, _schema())
        return _build_with_check(data, path.stem)
    except ValidationError as problem:
        raise BadInput(f"{path}:{line_of(path, problem.place)}: {problem}.", problem.hint) from problem


def _build_with_check(data: Any, name: str) -> Gateway:
    id_ = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return _build(data, id_, _load_last_check(id_))


def _build(data: Any, id_: str, last_check: LastCheck | None) -> Gateway:
    facts = load_our_file(references() / "model_facts.yaml", build_model_facts)
    return build_gateway(id_, data, facts, last_check, names("protocol"))


def _schema() -> JsonObject:
    schema: JsonObject = read_our_file(references() / "gateway.schema.yaml")
    return schema


def _user_file(name: str) -> Path | None:
    """Return the user's own gateway file of that path, or of that name in their folder; None where there is none."""
    if name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name:
        return Path(os.path.expanduser(name))  # noqa: PTH111 - leaves an unknown ~user alone
    path = config_folder() / "gateways" / f"{name}.yaml"
    return path if name and name[0] != "." and os.path.lexists(path) else None


def _similar_gateway(name: str) -> str:
    """Return the id of the gateway, ours or the user's, that has this name in its file; UnknownName where none has."""
    known = gateway_names()
    id_ = find_name(name, {id_: _names_in_file(id_) for id_ in known})
    if id_ is None:
        raise UnknownName("gateway", name, known)
    return id_


def _names_in_file(gateway: str) -> list[str]:
    """Return the value of the line `name:` in a gateway's file, which need not be right in other respects."""
    with suppress(OSError):
        text = (_user_file(gateway) or our_file("gateway", gateway)).read_text(encoding="utf-8", errors="replace")
        return re.findall(r"""^name: *["']?(.*?)["']? *$""", text, re.MULTILINE)[:1]
    return []
