"""Check what the user gives: the file and the address of a gateway, tools, a conversation, a JSON Schema.

A mistake in a file raises ValidationError, which names its place.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.types import JsonObject
from chat_completions.catalog.validation import Place, ValidationError, check_json, find_texts, validate
from chat_completions.catalog.yaml_files import read_our_file
from chat_completions.errors import BadInput
from chat_completions.paths import references

HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
BASE_URL = re.compile(rf"https?://{HOST}(?::\d{{1,5}})?(?:/[A-Za-z0-9._~%:@+-]*)*")
ENDPOINTS = ("/chat/completions", "/v1/messages", "/v1/responses", "/v1/completions", ":generateContent")
# Names that no public server has; those of one word are left to the user's network (Docker Compose, /etc/hosts).
PRIVATE_ENDINGS = (".local", ".internal", ".localhost", ".lan", ".home.arpa")
SHARED_ADDRESSES = "100.64.0.0/10"  # of a provider's or a VPN's own network
KEY_BEGINNINGS = re.compile(r"(?:sk|pk|rk|gsk|xai|ghp|nvapi|hf)[-_][A-Za-z0-9_-]{6,}|(?:AIza|eyJ)[A-Za-z0-9_-]{10,}")
LONG_PIECE = 16  # characters
LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
UNRESTRICTED = {"sources", "headers", "default_body", "query", "default"}  # below these, `source` is no reference
COMBINING = ("allOf", "anyOf", "oneOf")
REFERRING = ("$ref", *COMBINING)  # a schema with one of them may have no type of its own


def check_gateway_file(data: Any) -> Any:
    """Return the data of a gateway file, unchanged."""
    schema = gateway_schema()
    validate(data, schema)
    _check_address(data)
    _check_models(data, schema["properties"]["recommended_models"]["additionalProperties"]["properties"])
    _check_keys(data)
    return data


def gateway_schema() -> JsonObject:
    """Return the JSON Schema of gateway files."""
    schema: JsonObject = read_our_file(references() / "gateway.schema.yaml")
    return schema


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


def looks_like_key(value: str) -> bool:
    """Return whether a value is likely to be a key: a known prefix, or a long run of letters and digits."""
    scheme, _, value_part = value.strip().rpartition(" ")
    if scheme in ("Bearer", "Basic") or KEY_BEGINNINGS.match(value_part):
        return True
    runs = [] if "://" in value else LONG_RUN.findall(value)
    # Beta switches and UUIDs are long too, but made of short pieces.
    pieces = [piece for run in runs for piece in re.split("[-_]", run) if len(piece) >= LONG_PIECE]
    return any(re.search(r"\d", piece) and re.search("[A-Za-z]", piece) for piece in pieces)


def check_tools(data: Any) -> list[dict[str, Any]]:
    """Return the tools as {name, description, parameters, example, strict}.

    `data` is a list of them, or an object with a list `tools`; each is plain, or wrapped as
    chat completions wrap it ({type: function, function: {…}}).
    """
    tools: list[dict[str, Any]] = []
    for place, tool in _items(data, "tools"):
        _check(tool, "tool", place)
        _check_schemas(tool.get("parameters", {}), (*place, "parameters"))
        for other in tools:
            if other["name"].replace("-", "_") == tool["name"].replace("-", "_"):
                message = f"is {tool['name']!r}, too like {other['name']!r}: each becomes a function"
                raise ValidationError((*place, "name"), message)
        tools.append({"parameters": {"type": "object", "properties": {}}, **tool})
    return tools


def check_conversation(data: Any) -> list[Any]:
    """Return the messages, unchanged. `data` is a list of messages, or an object with a list `messages`."""
    messages = []
    for place, message in _items(data, "messages"):
        _check(message, "message", place)
        role = message["role"]
        if message.get("content") is None and not (role == "assistant" and message.get("tool_calls")):
            raise ValidationError(place, "has no content (null is only for an assistant's tool_calls)")
        if role == "tool" and "tool_call_id" not in message:
            raise ValidationError(place, "is a tool's result without tool_call_id")
        messages.append(message)
    return messages


def check_schema(data: Any) -> dict[str, Any]:
    """Return the JSON Schema of an answer, unchanged."""
    if not isinstance(data, dict) or not (data.get("type") == "object" or any(name in data for name in REFERRING)):
        is_list = isinstance(data, dict) and data.get("type") == "array"
        wrapped = '{"type": "object", "properties": {"items": …}, "required": ["items"]}'
        hint = f"Wrap the list in an object: {wrapped}." if is_list else 'Start it with {"type": "object", …}.'
        raise ValidationError((), "must be a JSON Schema of type object", hint)
    check_json(data)
    _check_schemas(data, ())
    return data


def _items(data: Any, name: str) -> Iterator[tuple[Place, Any]]:
    """Yield what the list holds, each with its place; of a wrapped tool, what is in the wrapping."""
    place: Place = (name,) if isinstance(data, dict) else ()
    items = data.get(name) if isinstance(data, dict) else data
    if not isinstance(items, list) or not items:
        raise ValidationError(place, f"must be a list of {name}, and not empty")
    check_json(items, place)
    for number, item in enumerate(items):
        is_wrapped = isinstance(item, dict) and isinstance(item.get("function"), dict)
        yield ((*place, number, "function"), item["function"]) if is_wrapped else ((*place, number), item)


def _check(data: Any, name: str, place: Place) -> None:
    """Raise ValidationError where the data break the rules of this name."""
    validate(data, read_our_file(references() / "user_files.schema.yaml")[name], place)


def _check_schemas(data: Any, place: Place) -> None:
    """Raise ValidationError where a schema, or one within it, is none."""
    _check(data, "schema", place)
    for steps, part in subschemas(data) if isinstance(data, Mapping) else ():
        _check_schemas(part, (*place, *steps))


def subschemas(schema: JsonObject) -> Iterator[tuple[Place, Any]]:
    """Yield the schemas directly within a schema, each with its place."""
    for name in ("properties", "$defs"):
        yield from (((name, key), part) for key, part in schema.get(name, {}).items())
    if "items" in schema:
        yield ("items",), schema["items"]
    for name in COMBINING:
        yield from (((name, number), part) for number, part in enumerate(schema.get(name, [])))
