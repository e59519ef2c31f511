"""Check the file and the address of a gateway that the user describes.

A mistake in a file raises ValidationError, which names its place.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.types import JsonObject
from chat_completions.catalog.validation import Place, ValidationError, find_texts, validate
from chat_completions.catalog.yaml_files import read_our_file
from chat_completions.errors import BadInput
from chat_completions.paths import references

HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
BASE_URL = re.compile(rf"https?://{HOST}(?::(\d{{1,5}}))?(?:/[A-Za-z0-9._~%:@+-]*)*")
ENDPOINTS = ("/chat/completions", "/v1/messages", "/v1/responses", "/v1/completions", ":generateContent")
# Names that no public server has; those of one word are left to the user's network (Docker Compose, /etc/hosts).
PRIVATE_ENDINGS = (".local", ".internal", ".localhost", ".lan", ".home.arpa")
SHARED_ADDRESSES = "100.64.0.0/10"  # of a provider's or a VPN's own network
KEY_BEGINNINGS = re.compile(r"(?:sk|pk|rk|gsk|xai|ghp|nvapi|hf)[-_][A-Za-z0-9_-]{6,}|(?:AIza|eyJ)[A-Za-z0-9_-]{10,}")
LONG_PIECE = 16  # characters
LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
LAST_PORT = 65535
SET_BY_PROGRAMS = {"connection", "content-length", "content-type", "host", "transfer-encoding"}
UNRESTRICTED = {"sources", "headers", "default_body", "query", "default"}  # below these, `source` is no reference


def check_gateway_file(data: Any) -> Any:
    """Return the data of a gateway file, unchanged."""
    schema = gateway_schema()
    validate(data, schema)
    _check_address(data)
    _check_models(data, schema["properties"]["recommended_models"]["additionalProperties"]["properties"])
    _check_keys(data)
    _check_headers(data)
    return data


def gateway_schema() -> JsonObject:
    """Return the JSON Schema of gateway files."""
    schema: JsonObject = read_our_file(references() / "gateway.schema.yaml")
    return schema


def check_base_url(text: str, *, allow_http: bool = False) -> str:
    """Return `text` without its last slash; BadInput where a key could not be sent there, or it holds an endpoint."""
    shown = re.sub(r"//[^/]*@|\?.*", "…", text)  # without what could be a password or a key
    match = BASE_URL.fullmatch(text)
    if not match or int(match[1] or 0) > LAST_PORT:
        hint = "Write https://gw.example.com/v1, or http:// on a private network: no query, no key, ASCII letters."
        if "?" in text:
            hint = "A gateway file has `query` for what follows the ?."
        raise BadInput(f"{shown!r} cannot be a base URL.", hint)
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


def base_url_of(data: JsonObject) -> str:
    """Return the base URL in the data of a gateway file."""
    base_url = data["base_url"]
    return str(base_url if isinstance(base_url, str) else base_url["value"])


def _check_address(data: JsonObject) -> None:
    """Raise ValidationError where the base URL is one of a preset that is not filled in, or cannot be used."""
    url = base_url_of(data)
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


def _check_headers(data: JsonObject) -> None:
    """Raise ValidationError where a header would be sent twice, or is one that the programs set themselves."""
    schemes = data.get("auth") or ([] if data.get("key") == "none" else [{}])
    taken = {scheme.get("header", "Authorization").lower() for scheme in schemes}
    named: list[tuple[Place, str]] = [
        (("extra_keys", number, "header"), key["header"]) for number, key in enumerate(data.get("extra_keys", ()))
    ]
    named += [(("headers", name), name) for name in data.get("headers", {})]
    for place, header in named:
        if header.lower() in SET_BY_PROGRAMS:
            raise ValidationError(place, f"names {header!r}, which the programs set themselves", "Leave it out.")
        if header.lower() in taken:
            raise ValidationError(place, f"names {header!r}, which carries something else already", "Give one of them.")
        taken.add(header.lower())


def looks_like_key(value: str) -> bool:
    """Return whether a value is likely to be a key: a known prefix, or a long run of letters and digits."""
    scheme, _, value_part = value.strip().rpartition(" ")
    if scheme in ("Bearer", "Basic") or KEY_BEGINNINGS.match(value_part):
        return True
    runs = [] if "://" in value or value.startswith("/") else LONG_RUN.findall(value)  # an address may name an account
    # Beta switches and UUIDs are long too, but made of short pieces.
    pieces = [piece for run in runs for piece in re.split("[-_]", run) if len(piece) >= LONG_PIECE]
    return any(re.search(r"\d", piece) and re.search("[A-Za-z]", piece) for piece in pieces)
