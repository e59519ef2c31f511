"""Checks a gateway file of the user's: its structure, its address, and that it holds no key."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.build import ValidationError, texts
from chat_completions.catalog.json_schema import validate
from chat_completions.catalog.urls import check_base_url
from chat_completions.errors import BadInput
from chat_completions.json_values import JsonObject

KEY_BEGINNINGS = re.compile(r"(?:sk|pk|rk|gsk|xai|ghp|nvapi|hf)[-_][A-Za-z0-9_-]{6,}|(?:AIza|eyJ)[A-Za-z0-9_-]{10,}")
LONG_PIECE = 16  # characters
LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
UNRESTRICTED = {"sources", "headers", "default_body", "query", "default"}  # below these, `source` is no reference


def check_gateway(data: Any, schema: JsonObject) -> None:
    """Raise ValidationError where the data of a gateway file break a rule."""
    for error in validate(data, schema):
        raise error
    url = data["base_url"]
    if "YOUR-" in str(url):
        raise ValidationError(("base_url",), f"is not filled in: {url}", "Replace each YOUR-… with your own.")
    try:
        check_base_url(url if isinstance(url, str) else url["value"], allow_http=data.get("allow_http", False))
    except BadInput as problem:
        raise ValidationError(("base_url",), f"is refused: {str(problem).rstrip('.')}", problem.hint) from None
    _check_models(data, schema["properties"]["recommended_models"]["additionalProperties"]["properties"])
    _check_keys(data)


def _check_models(data: Any, uses: JsonObject) -> None:
    """Raise ValidationError where `models` mixes ids and uses, or names a use that does not exist."""
    models = data.get("models")
    for use, ids in models.items() if isinstance(models, Mapping) else ():
        if isinstance(ids, (str, list)) and use not in uses:
            hint = f"Known: {', '.join(uses)}. Models that are for no use in particular are a list."
            raise ValidationError(("models", use), "is not what a model is for", hint)


def _check_keys(data: Any) -> None:
    """Raise ValidationError where a file holds a key, or names one or a source in vain."""
    key, schemes = data.get("key"), [auth["key"] for auth in data.get("auth", ())]
    if key and schemes and (key["name"] if isinstance(key, Mapping) else key) not in schemes:
        raise ValidationError(("key",), "names a variable that auth does not", "Leave key out: auth names the keys.")
    for place, value in texts(data):
        names_source = place[-1] == "source" and not UNRESTRICTED.intersection(place)
        if names_source and value not in data.get("sources", {}):
            hint = f"Describe it: `sources: {{{value}: {{source: URL, date: '2026-01-31', confidence: high}}}}`."
            raise ValidationError(place, f"names {value!r}, which is not among sources", hint)
        of_url = [text for _, text in parse_qsl(urlsplit(value).query)]
        if place[0] in ("headers", "default_body", "endpoints") and any(map(looks_like_key, (value, *of_url))):
            hint = "A file holds no keys: name its variable under `extra_keys: [{key: NAME, header: …}]`."
            raise ValidationError(place, "looks like a key", hint)


def looks_like_key(value: str) -> bool:
    """Return whether a value is likely to be a key: a known beginning, or a long run of letters and digits."""
    scheme, _, value_part = value.strip().rpartition(" ")
    if scheme in ("Bearer", "Basic") or KEY_BEGINNINGS.match(value_part):
        return True
    runs = [] if "://" in value else LONG_RUN.findall(value)
    # Beta switches and UUIDs are long too, but made of short pieces.
    pieces = [piece for run in runs for piece in re.split("[-_]", run) if len(piece) >= LONG_PIECE]
    return any(re.search(r"\d", piece) and re.search("[A-Za-z]", piece) for piece in pieces)
