"""Build a Gateway from the data of its file, and check its address.

A short file leaves much out, and keys have several forms.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.gateway import Gateway, LastCheck, Model, ModelFactTable
from chat_completions.catalog.types import JsonObject
from chat_completions.catalog.validation import ValidationError, build, check_names
from chat_completions.errors import BadInput

# What an OpenAI-compatible gateway has, where its file names no endpoints.
USUAL_ENDPOINTS = {
    "openai-chat": [{"name": "default", "path": "/chat/completions"}],
    "model-list": [{"name": "default", "path": "/models"}],
}
KEY_ENDINGS = re.compile(r"_?(API_?)?(KEY|TOKEN|SECRET|JWT|PAT|CREDENTIALS|PASSWORD)$")
BY_PROTOCOL = ("endpoints", "recommended_models", "parameters", "default_body", "stream_default")
HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
BASE_URL = re.compile(rf"https?://{HOST}(?::\d{{1,5}})?(?:/[A-Za-z0-9._~%:@+-]*)*")
ENDPOINTS = ("/chat/completions", "/v1/messages", "/v1/responses", "/v1/completions", ":generateContent")
# Names that no public server has; those of one word are left to the user's network (Docker Compose, /etc/hosts).
PRIVATE_ENDINGS = (".local", ".internal", ".localhost", ".lan", ".home.arpa")
SHARED_ADDRESSES = "100.64.0.0/10"  # of a provider's or a VPN's own network


def build_gateway(
    id_: str, data: JsonObject, model_facts: ModelFactTable, last_check: LastCheck | None, protocols: Sequence[str]
) -> Gateway:
    """Return the gateway that `data` describes; ValidationError where they do not fit, or name another protocol."""
    if "base_url" not in data:
        raise ValidationError((), "lacks 'base_url'")
    for name in BY_PROTOCOL:
        check_names(data.get(name, {}), protocols, (name,))
    auth, endpoints = _auth(id_, data), data.get("endpoints") or USUAL_ENDPOINTS
    described, recommended = _models(data, endpoints)
    fields = {
        **{name: value for name, value in data.items() if name not in ("key", "models")},
        "base_url": _address(data),
        "auth": auth,
        "env_prefix": data.get("env_prefix") or _env_prefix(id_, data, auth),
        "extra_keys": [_scheme({"name": extra["header"], **extra}) for extra in data.get("extra_keys", [])],
        "endpoints": {protocol: [_endpoint(fields) for fields in listed] for protocol, listed in endpoints.items()},
        "recommended_models": recommended,
    }
    models = {
        model: build(Model, known or {}, ("models", model), id=model, facts=model_facts.of(model))
        for model, known in described.items()
    }
    return build(Gateway, fields, id=id_, models=models, model_facts=model_facts, last_check=last_check)


def build_model_facts(data: JsonObject) -> ModelFactTable:
    """Return the makers' facts of each model id, other spellings resolved, and where they were read."""
    aliases = {id_: fields["alias_of"] for id_, fields in data["models"].items() if "alias_of" in fields}
    described = {id_: fields for id_, fields in data["models"].items() if id_ not in aliases}
    table = build(ModelFactTable, {"models": described, "sources": data["sources"]})
    return table._replace(models={**table.models, **{id_: table.models[of] for id_, of in aliases.items()}})


def check_base_url(text: str, *, allow_http: bool = False) -> str:
    """Return `text` without its last slash; BadInput where a key could not be sent there, or it holds an endpoint."""
    shown = re.sub(r"//[^/]*@|\?.*", "…", text)  # without what could be a password or a key
    if not BASE_URL.fullmatch(text):
        raise BadInput(
            f"{shown!r} cannot be a base URL.",
            "Write https://gw.example.com/v1, or http:// on a private network: no query, no key, ASCII letters.",
        )
    if text.startswith("http:") and not (allow_http or is_private(text)):
        raise BadInput(
            f"{shown!r} is a public host without TLS: the key would travel unencrypted.",
            "Write https://, or accept that with --allow-http or `allow_http: true` in the gateway file.",
        )
    base = text.rstrip("/")
    for endpoint in ENDPOINTS:
        if base.endswith(endpoint):
            added = "it is added to it" if endpoint == ENDPOINTS[0] else "a file has it as a path, under endpoints"
            raise BadInput(f"{base!r} is more than a base URL.", f"Leave {endpoint} off: {added}.")
    return base


def is_private(url: str) -> bool:
    """Return whether an address is on this machine or on a private network."""
    from ipaddress import ip_address, ip_network  # only for the addresses of http://

    host = (urlsplit(url).hostname or "").lower()
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(PRIVATE_ENDINGS)
    return address.is_private or address in ip_network(SHARED_ADDRESSES)


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _address(data: JsonObject) -> str:
    base_url = data["base_url"]
    return str(base_url if isinstance(base_url, str) else base_url["value"]).rstrip("/")


def _auth(id_: str, data: JsonObject) -> list[JsonObject]:
    """Return the authentication schemes: those of `auth`, or the Bearer key that `key` names.

    Where a file names none, a server on this machine or a private network need not have one.
    """
    if data.get("auth"):
        return [_scheme(auth) for auth in data["auth"]]
    key = data.get("key") or {"name": _key_variable(id_), "optional": is_private(_address(data))}
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
    parameters = {**dict(parse_qsl(query)), **{name: str(value) for name, value in fields.get("query", {}).items()}}
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
