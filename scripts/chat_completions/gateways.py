"""Makes a gateway out of what its YAML file says. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from chat_completions.shapes import Auth, Endpoint, Evidence, Facts, Gateway, Model

# What an OpenAI-compatible gateway has, where its file names no endpoints.
USUAL = {
    "openai-chat": [{"name": "default", "path": "/chat/completions"}],
    "model-list": [{"name": "default", "path": "/models"}],
}


def built(id_: str, facts: Facts, makers: Facts) -> Gateway:
    """The gateway that `facts` describe; `makers` is the content of references/upstream.yaml.

    A short file of the user's leaves much out: Bearer, /chat/completions, /models and no sources are meant.
    """
    key = facts.get("key") or facts.get("auth", [{}])[0].get("key") or _variable(id_)
    env = facts.get("env") or re.sub(r"_(API_KEY|KEY|TOKEN|JWT|SECRET)$", "", key)
    sources = {name: Evidence(**about) for name, about in facts.get("sources", {}).items()}
    auth = facts.get("auth") or [{"name": "bearer", "key": key}]
    endpoints = facts.get("endpoints") or USUAL
    base_url, (upstream, upstream_sources) = facts["base_url"], _upstream(makers)
    return Gateway(
        id=id_,
        name=facts["name"],
        env=env,
        base_url=base_url if isinstance(base_url, str) else base_url["value"],
        auth=[Auth(**_without_source(one)) for one in auth],
        endpoints={name: [Endpoint(**one) for one in some] for name, some in endpoints.items()},
        sources=sources,
        roles=facts.get("roles") or _roles(facts, endpoints),
        models={
            id_: Model(id=id_, upstream=upstream.get(id_, {}), **(about or {})) for id_, about in _models(facts).items()
        },
        parameters=facts.get("parameters", {}),
        always=facts.get("always", {}),
        stream_default=facts.get("stream_default", {}),
        weak=facts.get("weak", []),
        errors=facts.get("errors", {}),
        reply_extras=facts.get("reply_extras", []),
        undocumented=facts.get("undocumented", []),
        caveats=facts.get("caveats", []),
        models_complete=facts.get("models_complete", False),
        protocol_caveat=facts.get("protocol_caveat", ""),
        facts=facts.get("facts", []),
        upstream=upstream,
        upstream_sources=upstream_sources,
    )


def _variable(id_: str) -> str:
    """A variable for the key of a gateway whose file names none: `my-gw` has MY_GW_API_KEY."""
    return "GATEWAY_"[: 8 * (not id_[:1].isalpha())] + re.sub(r"[^A-Z0-9]", "_", id_.upper()) + "_API_KEY"


def _without_source(facts: Facts) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "source"}


def _models(facts: Facts) -> dict[str, Any]:
    """Every id of a gateway file: its `models`, listed or described, and those its roles name."""
    listed = facts.get("models", {})
    found = dict(listed) if isinstance(listed, Mapping) else {name: {} for name in listed}
    for roles in facts.get("roles", {}).values():
        for role in roles.values():
            for name in role["models"]:
                found.setdefault(name, {})
    return found


def _roles(facts: Facts, endpoints: Facts) -> Facts:
    """Where a file names no roles: its first two models, for all that is read and written as text."""
    role = {"models": list(_models(facts))[:2]}
    return {protocol: {"balanced": role, "seer": role} for protocol in endpoints} if role["models"] else {}


def _upstream(makers: Facts) -> tuple[dict[str, Facts], dict[str, Evidence]]:
    """What the makers say of each model id, other spellings resolved, and where that was read."""
    models = makers["models"]
    sources = {name: Evidence(**about) for name, about in makers["sources"].items()}
    return {id_: models[about.get("as", id_)] for id_, about in models.items()}, sources
