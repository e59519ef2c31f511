"""Find a gateway, ours or the user's, by its name, its file or the options that describe it.

With it goes what the user's own last `check` of it listed: one dated file, preferred to our tables.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.gateway import Gateway, LastCheck, Model, ModelFactTable
from chat_completions.catalog.gateway_file import (
    base_url_of,
    check_base_url,
    check_gateway_file,
    gateway_schema,
    is_private,
)
from chat_completions.catalog.load import find_name, load_our_file, names, our_file, visible
from chat_completions.catalog.types import JsonObject
from chat_completions.catalog.validation import ValidationError, build, check_names
from chat_completions.catalog.yaml_files import read_user_file
from chat_completions.errors import BadInput, UnknownName
from chat_completions.paths import config_folder, last_check_file, references

# What an OpenAI-compatible gateway has, where its file names no endpoints.
USUAL_ENDPOINTS = {
    "openai-chat": [{"name": "default", "path": "/chat/completions"}],
    "model-list": [{"name": "default", "path": "/models"}],
}
KEY_ENDINGS = re.compile(r"_?(API_?)?(KEY|TOKEN|SECRET|JWT|PAT|CREDENTIALS|PASSWORD)$")
BY_PROTOCOL = ("endpoints", "recommended_models", "parameters", "default_body", "stream_default")


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
        return load_our_file(our_file("gateway", name), _build_gateway, name, _load_last_check(name))
    return read_user_file(path, "gateway", lambda data: build_user_gateway(check_gateway_file(data), path.stem))


def describe_gateway(base_url: str, key: str, models: list[str], *, allow_http: bool) -> Gateway:
    """Return an OpenAI-compatible gateway that is described by options; BadInput names the one that is wrong."""
    variable = gateway_schema()["properties"]["key"]
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
    id_ = re.sub(r"[^A-Za-z0-9_-]", "-", name).strip("-") or "gateway"
    return _build_gateway(data, id_, _load_last_check(id_))


def _load_last_check(gateway: str) -> LastCheck | None:
    """Return what the last check listed; a file that is broken counts as none."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        data = json.loads(last_check_file(gateway).read_text(encoding="utf-8"))
        listed = tuple(str(model) for model in data["listed"])
        return LastCheck(str(data["date"]), listed) if listed else None
    return None


def _user_file(name: str) -> Path | None:
    """Return the user's own gateway file of that path, or of that name in their folder; None where there is none."""
    if name.endswith((".yaml", ".yml", ".json")) or "/" in name or "\\" in name:
        return Path(os.path.expanduser(name))  # noqa: PTH111 - leaves an unknown ~user alone
    path = config_folder() / "gateways" / f"{name}.yaml"
    return path if name and name[0] != "." and os.path.lexists(path) else None


def _names_in_file(gateway: str) -> list[str]:
    """Return the value of the line `name:` in a gateway's file, which need not be right in other respects."""
    with suppress(OSError):
        text = (_user_file(gateway) or our_file("gateway", gateway)).read_text(encoding="utf-8", errors="replace")
        return re.findall(r"""^name: *["']?(.*?)["']? *$""", text, re.MULTILINE)[:1]
    return []


def _build_gateway(data: Any, id_: str, last_check: LastCheck | None) -> Gateway:
    """Return the gateway that `data` describes; ValidationError where they do not fit, or name another protocol."""
    if "base_url" not in data:
        raise ValidationError((), "lacks 'base_url'")
    for name in BY_PROTOCOL:
        check_names(data.get(name, {}), names("protocol"), (name,))
    base_url = base_url_of(data).rstrip("/")
    auth, endpoints = _auth(id_, data, base_url), data.get("endpoints") or USUAL_ENDPOINTS
    described, recommended = _models(data, endpoints)
    fields = {
        **{name: value for name, value in data.items() if name not in ("key", "models")},
        "base_url": base_url,
        "auth": auth,
        "env_prefix": data.get("env_prefix") or _env_prefix(id_, data, auth),
        "extra_keys": [_scheme({"name": extra["header"], **extra}) for extra in data.get("extra_keys", [])],
        "endpoints": {protocol: [_endpoint(fields) for fields in listed] for protocol, listed in endpoints.items()},
        "recommended_models": recommended,
    }
    model_facts = load_our_file(references() / "model_facts.yaml", _build_model_facts)
    models = {
        model: build(Model, known or {}, ("models", model), id=model, facts=model_facts.of(model))
        for model, known in described.items()
    }
    return build(Gateway, fields, id=id_, models=models, model_facts=model_facts, last_check=last_check)


def _build_model_facts(data: JsonObject) -> ModelFactTable:
    """Return the makers' facts of each model id, other spellings resolved, and where they were read."""
    aliases = {id_: fields["alias_of"] for id_, fields in data["models"].items() if "alias_of" in fields}
    described = {id_: fields for id_, fields in data["models"].items() if id_ not in aliases}
    table = build(ModelFactTable, {"models": described, "sources": data["sources"]})
    return table._replace(models={**table.models, **{id_: table.models[of] for id_, of in aliases.items()}})


def _auth(id_: str, data: JsonObject, base_url: str) -> list[JsonObject]:
    """Return the authentication schemes: those of `auth`, or the Bearer key that `key` names.

    Where a file names none, a server on this machine or a private network need not have one.
    """
    if data.get("auth"):
        return [_scheme(auth) for auth in data["auth"]]
    key = data.get("key") or {"name": _key_variable(id_), "optional": is_private(base_url)}
    if key == "none":
        return [{"name": "none", "key_env": ""}]
    if isinstance(key, Mapping):
        return [{"name": "bearer", "key_env": key["name"], "optional": key.get("optional", False)}]
    return [{"name": "bearer", "key_env": key}]


def _scheme(fields: JsonObject) -> JsonObject:
    """Return an authentication scheme; a header of its own holds the bare key where the file names no prefix."""
    bearer = fields.get("header", "Authorization").lower() == "authorization"
    renamed = {"key_env" if name == "key" else name: value for name, value in fields.items()}
    return {"prefix": "Bearer " if bearer else "", **renamed}


def _env_prefix(id_: str, data: JsonObject, auth: Sequence[JsonObject]) -> str:
    """Return the name of the gateway in the variable of its address: that of its key.

    Not where `extra_keys` are sent too: then it is the provider's key, and OPENAI_BASE_URL the provider's address.
    """
    names = [str(scheme.get("key_env", "")) for scheme in auth]
    key = "" if data.get("extra_keys") else next(filter(None, names), "")
    return KEY_ENDINGS.sub("", key) or KEY_ENDINGS.sub("", _key_variable(id_))


def _endpoint(fields: JsonObject) -> JsonObject:
    """Return an endpoint; a query in its path is taken for its `query`."""
    path, _, query = fields.get("path", "").partition("?")
    parameters = {**dict(parse_qsl(query, keep_blank_values=True)), **fields.get("query", {})}
    return {**fields, **({"path": path} if path else {}), "query": parameters}


def _key_variable(id_: str) -> str:
    """Return a variable for the key of a gateway whose file names none: `my-gw` has MY_GW_API_KEY."""
    name = re.sub(r"[^A-Z0-9]", "_", id_.upper())
    return f"{name}_API_KEY" if id_[:1].isalpha() else f"GATEWAY_{name}_API_KEY"


def _models(data: JsonObject, protocols: Iterable[str]) -> tuple[dict[str, Any], JsonObject]:
    """Return every id of a gateway file with what is known of it, and the recommended models by protocol and use.

    `models: {cost: …, quality: …}` recommends for every protocol. Where a file recommends none, its first two models
    of a protocol are for all that is read and written as text.
    """
    listed, recommended = data.get("models", {}), dict(data.get("recommended_models", {}))
    described = dict(listed) if isinstance(listed, Mapping) else {id_: {} for id_ in listed}
    if any(isinstance(value, (str, list)) for value in described.values()):
        uses = {use: [ids] if isinstance(ids, str) else list(ids) for use, ids in described.items()}
        balanced = uses.get("balanced") or uses.get("quality") or uses.get("cost")
        if balanced:
            uses["balanced"] = balanced
        described = {id_: {} for ids in uses.values() for id_ in ids}
        recommended = {protocol: {use: {"models": ids} for use, ids in uses.items()} for protocol in protocols}
    for recommendation in (recommendation for uses in recommended.values() for recommendation in uses.values()):
        described |= {id_: {} for id_ in recommendation["models"] if id_ not in described}
    for protocol in () if recommended else protocols:
        served = [id_ for id_, fields in described.items() if protocol in (fields or {}).get("protocols", [protocol])]
        if served:
            recommended[protocol] = {use: {"models": served[:2]} for use in ("balanced", "vision")}
    return described, recommended
