"""Find a gateway, ours or the user's, by its name, its file or the options that describe it.

With it goes what the user's own last `check` of it listed: one dated file, preferred to our tables.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.gateway import Gateway, LastCheck
from chat_completions.catalog.gateway_file import build_gateway, build_model_facts, check_base_url
from chat_completions.catalog.load import find_name, load_our_file, names, our_file, visible
from chat_completions.catalog.types import JsonObject
from chat_completions.catalog.validation import ValidationError, find_texts, validate
from chat_completions.catalog.yaml_files import read_our_file, read_user_file
from chat_completions.errors import BadInput, UnknownName
from chat_completions.paths import config_folder, last_check_file, references

KEY_BEGINNINGS = re.compile(r"(?:sk|pk|rk|gsk|xai|ghp|nvapi|hf)[-_][A-Za-z0-9_-]{6,}|(?:AIza|eyJ)[A-Za-z0-9_-]{10,}")
LONG_PIECE = 16  # characters
LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
UNRESTRICTED = {"sources", "headers", "default_body", "query", "default"}  # below these, `source` is no reference


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
        known = gateway_names()
        id_ = find_name(name, {id_: _names_in_file(id_) for id_ in known})
        if id_ is None:
            raise UnknownName("gateway", name, known)
        name, path = id_, _user_file(id_)
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
    return build_user_gateway(data, host)


def build_user_gateway(data: Any, name: str) -> Gateway:
    """Return the gateway that the data of a file describe, with what the last check of that name listed."""
    id_ = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return _build(data, id_, _load_last_check(id_))


def _load_last_check(gateway: str) -> LastCheck | None:
    """Return what the last check listed; a file that is broken counts as none."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        data = json.loads(last_check_file(gateway).read_text(encoding="utf-8"))
        listed = tuple(str(model) for model in data["listed"])
        return LastCheck(str(data["date"]), listed) if listed else None
    return None


def _load_user_file(path: Path) -> Gateway:
    """Return the gateway of a file of the user's; BadInput with file and line for a mistake in it."""

    def build(data: Any) -> Gateway:
        validate(data, _schema())
        _check_address(data)
        _check_models(data, _schema()["properties"]["recommended_models"]["additionalProperties"]["properties"])
        _check_keys(data)
        return build_user_gateway(data, path.stem)

    return read_user_file(path, "gateway", build)


def _check_address(data: JsonObject) -> None:
    """Raise ValidationError where the base URL is one of a preset that is not filled in, or cannot be used."""
    url = str(data["base_url"] if isinstance(data["base_url"], str) else data["base_url"]["value"])
    if "YOUR-" in url:
        raise ValidationError(("base_url",), f"is not filled in: {url}", "Replace each YOUR-… with your own.")
    try:
        check_base_url(url, allow_http=data.get("allow_http", False))
    except BadInput as problem:
        raise ValidationError(("base_url",), f"is refused: {str(problem).rstrip('.')}", problem.hint) from None


def _check_models(data: Any, uses: JsonObject) -> None:
    """Raise ValidationError where `models` mixes ids and uses, or names a use that does not exist."""
    models = data.get("models")
    for use, ids in models.items() if isinstance(models, Mapping) else ():
        if isinstance(ids, (str, list)) and use not in uses:
            hint = f"Known: {', '.join(uses)}. Models that are for no use in particular are a list."
            raise ValidationError(("models", use), "is not what a model is for", hint)


def _check_keys(data: Any) -> None:
    """Raise ValidationError where a file holds a key, or names a variable or a source that it does not define."""
    key, schemes = data.get("key"), [auth["key"] for auth in data.get("auth", ())]
    if key and schemes and (key["name"] if isinstance(key, Mapping) else key) not in schemes:
        raise ValidationError(("key",), "names a variable that auth does not", "Leave key out: auth names the keys.")
    for place, value in find_texts(data):
        names_source = place[-1] == "source" and not UNRESTRICTED.intersection(place)
        if names_source and value not in data.get("sources", {}):
            hint = f"Describe it: `sources: {{{value}: {{source: URL, date: '2026-01-31', confidence: high}}}}`."
            raise ValidationError(place, f"names {value!r}, which is not among sources", hint)
        of_url = [text for _, text in parse_qsl(urlsplit(value).query)]
        if place[0] in ("headers", "default_body", "endpoints") and any(map(looks_like_key, (value, *of_url))):
            hint = "A file holds no keys: name its variable under `extra_keys: [{key: NAME, header: …}]`."
            raise ValidationError(place, "looks like a key", hint)


def looks_like_key(value: str) -> bool:
    """Return whether a value is likely to be a key: a known prefix, or a long run of letters and digits."""
    scheme, _, value_part = value.strip().rpartition(" ")
    if scheme in ("Bearer", "Basic") or KEY_BEGINNINGS.match(value_part):
        return True
    runs = [] if "://" in value else LONG_RUN.findall(value)
    # Beta switches and UUIDs are long too, but made of short pieces.
    pieces = [piece for run in runs for piece in re.split("[-_]", run) if len(piece) >= LONG_PIECE]
    return any(re.search(r"\d", piece) and re.search("[A-Za-z]", piece) for piece in pieces)


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


def _names_in_file(gateway: str) -> list[str]:
    """Return the value of the line `name:` in a gateway's file, which need not be right in other respects."""
    with suppress(OSError):
        text = (_user_file(gateway) or our_file("gateway", gateway)).read_text(encoding="utf-8", errors="replace")
        return re.findall(r"""^name: *["']?(.*?)["']? *$""", text, re.MULTILINE)[:1]
    return []
