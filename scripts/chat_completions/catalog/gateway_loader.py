"""Builds a gateway from what its YAML file says."""

import re
from collections.abc import Mapping
from typing import Any

from chat_completions.catalog.protocol_loader import build_parameters
from chat_completions.catalog.types import (
    Auth,
    Endpoint,
    Evidence,
    Gateway,
    JsonObject,
    Model,
    ModelFacts,
    ModelFactTable,
    Note,
    Recommendation,
)

# What an OpenAI-compatible gateway has, where its file names no endpoints.
USUAL_ENDPOINTS = {
    "openai-chat": [{"name": "default", "path": "/chat/completions"}],
    "model-list": [{"name": "default", "path": "/models"}],
}
KEY_ENDINGS = re.compile(r"_(API_KEY|KEY|TOKEN|JWT|SECRET)$")
# Keys of the file whose values are taken as they are.
PLAIN = (
    "default_body", "stream_default", "error_hints", "unreliable", "extra_fields", "undocumented", "warnings",
    "models_complete", "protocol_note",
)  # fmt: skip


def build_gateway(id_: str, data: JsonObject, model_facts: ModelFactTable) -> Gateway:
    """Return the gateway that `data` describes.

    A short file of the user's leaves much out: Bearer, /chat/completions, /models and no sources are meant.
    """
    key = data.get("key") or data.get("auth", [{}])[0].get("key") or _key_variable(id_)
    base_url = data["base_url"]
    endpoints = data.get("endpoints") or USUAL_ENDPOINTS
    return Gateway(
        id=id_,
        name=data["name"],
        env_prefix=data.get("env_prefix") or KEY_ENDINGS.sub("", key),
        base_url=base_url if isinstance(base_url, str) else base_url["value"],
        auth=[Auth(**auth) for auth in data.get("auth") or [{"name": "bearer", "key": key}]],
        endpoints={protocol: [Endpoint(**endpoint) for endpoint in some] for protocol, some in endpoints.items()},
        sources={name: Evidence(**source) for name, source in data.get("sources", {}).items()},
        recommended_models=_recommendations(data, endpoints),
        models={
            model: Model(id=model, facts=model_facts.models.get(model, ModelFacts()), **(fields or {}))
            for model, fields in _models(data).items()
        },
        model_facts=model_facts,
        parameters={protocol: build_parameters(some) for protocol, some in data.get("parameters", {}).items()},
        notes=[Note(**note) for note in data.get("notes", [])],
        **{name: data[name] for name in PLAIN if name in data},
    )


def build_model_facts(data: JsonObject) -> ModelFactTable:
    """Return the makers' facts of each model id, other spellings resolved, and where they were read."""
    models = {id_: ModelFacts(**fields) for id_, fields in data["models"].items() if "alias_of" not in fields}
    aliases = {id_: models[fields["alias_of"]] for id_, fields in data["models"].items() if "alias_of" in fields}
    return ModelFactTable({**models, **aliases}, {name: Evidence(**source) for name, source in data["sources"].items()})


def _key_variable(id_: str) -> str:
    """Return a variable for the key of a gateway whose file names none: `my-gw` has MY_GW_API_KEY."""
    name = re.sub(r"[^A-Z0-9]", "_", id_.upper())
    return f"{name}_API_KEY" if id_[:1].isalpha() else f"GATEWAY_{name}_API_KEY"


def _models(data: JsonObject) -> dict[str, Any]:
    """Return every id of a gateway file: its `models`, listed or described, and those it recommends."""
    listed = data.get("models", {})
    models = dict(listed) if isinstance(listed, Mapping) else {id_: {} for id_ in listed}
    for uses in data.get("recommended_models", {}).values():
        for recommendation in uses.values():
            for id_ in recommendation["models"]:
                models.setdefault(id_, {})
    return models


def _recommendations(data: JsonObject, endpoints: JsonObject) -> dict[str, dict[str, Recommendation]]:
    """Return the recommended models by protocol and use.

    Where a file recommends none, its first two models are for all that is read and written as text.
    """
    if data.get("recommended_models"):
        return {
            protocol: {use: Recommendation(**fields) for use, fields in uses.items()}
            for protocol, uses in data["recommended_models"].items()
        }
    first = Recommendation(list(_models(data))[:2])
    return {protocol: {"balanced": first, "vision": first} for protocol in endpoints} if first.models else {}
