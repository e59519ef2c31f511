"""Builds a gateway from the data of its YAML file."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from chat_completions.catalog.gateway import (
    Auth,
    Endpoint,
    Evidence,
    Gateway,
    Model,
    ModelFacts,
    ModelFactTable,
    Note,
    Recommendation,
)
from chat_completions.catalog.protocol import build_parameters
from chat_completions.catalog.urls import is_private
from chat_completions.json_values import JsonObject

# What an OpenAI-compatible gateway has, where its file names no endpoints.
USUAL_ENDPOINTS = {
    "openai-chat": [{"name": "default", "path": "/chat/completions"}],
    "model-list": [{"name": "default", "path": "/models"}],
}
KEY_ENDINGS = re.compile(r"_?(API_?)?(KEY|TOKEN|SECRET|JWT|PAT|CREDENTIALS|PASSWORD)$")
# Keys of the file whose values are taken as they are.
PLAIN = (
    "default_body", "stream_default", "error_hints", "unreliable", "extra_fields", "undocumented", "warnings",
    "models_complete", "protocol_note", "headers", "allow_http",
)  # fmt: skip


def build_gateway(id_: str, data: JsonObject, model_facts: ModelFactTable) -> Gateway:
    """Return the gateway that `data` describes.

    A short file of the user's leaves much out; the defaults are Bearer, /chat/completions, /models and no sources.
    """
    auth = _auth(id_, data)
    endpoints = data.get("endpoints") or USUAL_ENDPOINTS
    return Gateway(
        id=id_,
        name=data["name"],
        env_prefix=data.get("env_prefix") or _env_prefix(id_, data, auth),
        base_url=_address(data),
        auth=auth,
        extra_keys=[_scheme({"name": extra["header"], **extra}) for extra in data.get("extra_keys", [])],
        endpoints={protocol: [_endpoint(fields) for fields in listed] for protocol, listed in endpoints.items()},
        sources={name: Evidence(**source) for name, source in data.get("sources", {}).items()},
        recommended_models=_recommendations(data, endpoints),
        models={
            model: Model(id=model, facts=model_facts.models.get(model, ModelFacts()), **(fields or {}))
            for model, fields in _models(data).items()
        },
        model_facts=model_facts,
        parameters={protocol: build_parameters(fields) for protocol, fields in data.get("parameters", {}).items()},
        notes=[Note(**note) for note in data.get("notes", [])],
        **{name: data[name] for name in PLAIN if name in data},
    )


def build_model_facts(data: JsonObject) -> ModelFactTable:
    """Return the makers' facts of each model id, other spellings resolved, and where they were read."""
    models = {id_: ModelFacts(**fields) for id_, fields in data["models"].items() if "alias_of" not in fields}
    aliases = {id_: models[fields["alias_of"]] for id_, fields in data["models"].items() if "alias_of" in fields}
    return ModelFactTable({**models, **aliases}, {name: Evidence(**source) for name, source in data["sources"].items()})


def _address(data: JsonObject) -> str:
    base_url = data["base_url"]
    return str(base_url if isinstance(base_url, str) else base_url["value"])


def _auth(id_: str, data: JsonObject) -> list[Auth]:
    """Return the authentication schemes: those of `auth`, or the Bearer key that `key` names.

    Where a file names none, a server on this machine or a private network need not have one.
    """
    if data.get("auth"):
        return [_scheme(auth) for auth in data["auth"]]
    key = data.get("key") or {"name": _key_variable(id_), "optional": is_private(_address(data))}
    if key == "none":
        return [Auth("none", "")]
    if isinstance(key, Mapping):
        return [Auth("bearer", key["name"], optional=key.get("optional", False))]
    return [Auth("bearer", key)]


def _scheme(fields: JsonObject) -> Auth:
    """Return an authentication scheme; a header of its own holds the bare key where the file names no prefix."""
    bearer = fields.get("header", "Authorization").lower() == "authorization"
    others = {name: value for name, value in fields.items() if name != "key"}
    return Auth(**{"key_env": fields["key"], "prefix": "Bearer " if bearer else "", **others})


def _env_prefix(id_: str, data: JsonObject, auth: list[Auth]) -> str:
    """Return the name of the gateway in the variable of its address: that of its key.

    Not where `extra_keys` are sent too: then it is the provider's key, and OPENAI_BASE_URL the provider's address.
    """
    key = "" if data.get("extra_keys") else next((scheme.key_env for scheme in auth if scheme.key_env), "")
    return KEY_ENDINGS.sub("", key) or KEY_ENDINGS.sub("", _key_variable(id_))


def _endpoint(fields: JsonObject) -> Endpoint:
    """Return an endpoint; a query in its path is taken for its `query`."""
    path, _, query = fields["path"].partition("?")
    parameters = {**dict(parse_qsl(query)), **{name: str(value) for name, value in fields.get("query", {}).items()}}
    return Endpoint(**{**fields, "path": path, "query": parameters})


def _key_variable(id_: str) -> str:
    """Return a variable for the key of a gateway whose file names none: `my-gw` has MY_GW_API_KEY."""
    name = re.sub(r"[^A-Z0-9]", "_", id_.upper())
    return f"{name}_API_KEY" if id_[:1].isalpha() else f"GATEWAY_{name}_API_KEY"


def _models(data: JsonObject) -> dict[str, Any]:
    """Return every id of a gateway file: its `models`, listed or described, and those it recommends."""
    listed = data.get("models", {})
    if _is_by_use(listed):
        listed = [id_ for ids in _by_use(listed).values() for id_ in ids]
    models = dict(listed) if isinstance(listed, Mapping) else {id_: {} for id_ in listed}
    for uses in data.get("recommended_models", {}).values():
        for recommendation in uses.values():
            for id_ in recommendation["models"]:
                models.setdefault(id_, {})
    return models


def _recommendations(data: JsonObject, endpoints: JsonObject) -> dict[str, dict[str, Recommendation]]:
    """Return the recommended models by protocol and use.

    `models: {cost: …, quality: …}` recommends for every protocol. Where a file recommends none, its first two models
    of a protocol are for all that is read and written as text.
    """
    if _is_by_use(data.get("models")):
        recommendations = {use: Recommendation(ids) for use, ids in _by_use(data["models"]).items()}
        return dict.fromkeys(endpoints, recommendations)
    if data.get("recommended_models"):
        return {
            protocol: {use: Recommendation(**fields) for use, fields in uses.items()}
            for protocol, uses in data["recommended_models"].items()
        }
    first = {
        protocol: Recommendation(
            [id_ for id_, fields in _models(data).items() if protocol in (fields or {}).get("protocols", endpoints)][:2]
        )
        for protocol in endpoints
    }
    return {protocol: {"balanced": models, "vision": models} for protocol, models in first.items() if models.models}


def _is_by_use(models: Any) -> bool:
    """Return whether `models` names ids by what they are for, and not each id with what is known of it."""
    return isinstance(models, Mapping) and any(isinstance(value, (str, list)) for value in models.values())


def _by_use(models: JsonObject) -> dict[str, list[str]]:
    """Return the ids of each use; without a balanced one, the best or the cheapest is taken for it."""
    uses = {use: [ids] if isinstance(ids, str) else list(ids) for use, ids in models.items()}
    balanced = uses.get("balanced") or uses.get("quality") or uses.get("cost")
    return {**uses, "balanced": balanced} if balanced else uses
