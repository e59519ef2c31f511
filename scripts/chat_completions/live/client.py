"""Find the user's key to a live gateway, send one request there and describe the result."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from chat_completions.catalog.gateway import Auth, Gateway
from chat_completions.catalog.gateway_file import check_base_url
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.errors import BadInput
from chat_completions.planning.types import RequestPlan

TIMEOUT = httpx.Timeout(60, connect=10)  # seconds
MAX_BYTES = 5_000_000
MAX_MESSAGE = 160  # characters of a server's message that are shown
KEY_PIECE = 8  # characters of a key in a row that are never shown
SHORTEST_KEY = 4  # a shorter one is a placeholder, and would be masked within other words
REDIRECT, FAILED = 300, 400
OK_CODES = (None, 0, "0", 200, "200")
MEANINGS = {
    401: "the key is not accepted",
    402: "the key is accepted, but no credit is left: top up",
    403: "the key is known, but may not do this: see your plan",
    404: "there is nothing at this address: is the base URL right?",
    429: "too many requests: wait, then try again",
}
CERTIFICATE_HINT = (
    "for a private CA set SSL_CERT_FILE to its file (programs: REQUESTS_CA_BUNDLE for requests, NODE_EXTRA_CA_CERTS "
    "for Node, CURL_CA_BUNDLE for curl); a client certificate has no variable: see references/gateway-files.md"
)
PROXY_HINT = "the proxy is that of HTTPS_PROXY or ALL_PROXY; NO_PROXY names hosts without one"


class Target(NamedTuple):
    """A gateway, the user's key to it, and its address."""

    gateway: Gateway
    key: str
    address: str


class Answer(NamedTuple):
    """The result of a request: JSON data or a problem; status 0 means no response."""

    status: int
    data: Any
    problem: str


def find_target(name: str, base_url: str | None, *, allow_http: bool = False) -> Target:
    """Return the gateway with the user's key; BadInput where it or a key that is sent with it is not set."""
    gateway = load_gateway(name)
    for extra in gateway.extra_keys:
        read_key(extra, gateway.name)
    auth = gateway.auth[0]
    key = read_key(auth, gateway.name)
    address = base_url or os.environ.get(gateway.base_url_env, "").strip() or gateway.base_url
    return Target(gateway, key, check_base_url(address, allow_http=allow_http or gateway.allow_http))


def read_key(auth: Auth, name: str) -> str:
    """Return the key that the variable of a scheme holds; BadInput where it is needed and missing, or no key."""
    key = os.environ.get(auth.key_env, "").strip() if auth.key_env else ""
    if not key and auth.key_env and not auth.optional:
        raise BadInput(f"{auth.key_env} is not set: {name} needs a key.", f'Set it: export {auth.key_env}="your-key"')
    if not (key.isascii() and key.isprintable()):
        raise BadInput(f"{auth.key_env} holds a character that no key has.", "Copy the key again.")
    return key


def send(plan: RequestPlan, key: str, body: Any = None, *, with_key: bool = True) -> Answer:
    """Send a request as a printed program would, without following redirects.

    httpx takes proxies and certificates from environment variables.
    """
    headers = {"accept": "application/json", "user-agent": "chat-completions", **plan.http.headers}
    if with_key and key:
        headers[plan.auth.header] = plan.auth.prefix + key
    extra_keys = [(extra, os.environ.get(extra.key_env, "").strip()) for extra in plan.gateway.extra_keys]
    headers |= {extra.header: extra.prefix + value for extra, value in extra_keys if value}
    keys = [key, *(value for _, value in extra_keys)]
    url = plan.gateway.base_url + plan.http.path.replace("{model}", quote(plan.model, safe=""))
    query = dict(plan.http.query) or None
    try:
        with httpx.stream(plan.http.method, url, params=query, headers=headers, json=body, timeout=TIMEOUT) as response:
            text = _read(response)
    except (httpx.HTTPError, httpx.InvalidURL, ImportError, ValueError) as problem:  # a proxy may need a package
        return Answer(0, None, f"it cannot be reached: {mask_keys(_reason(problem), keys)}")
    answer = _read_answer(response.status_code, response.headers.get("content-type", ""), mask_keys(text, keys))
    return answer._replace(problem=mask_keys(answer.problem, keys))


def mask_keys(text: str, keys: Sequence[str]) -> str:
    """Return a text with the keys, and longer pieces of them, masked."""
    for key in [key for key in keys if len(key) >= SHORTEST_KEY]:
        for size in range(len(key), min(KEY_PIECE, len(key)) - 1, -1):
            for start in range(len(key) - size + 1):
                text = text.replace(key[start : start + size], "<key>")
    return text


def server_message(data: Any) -> str:
    """Return the server's message, wherever it is in a response."""
    if isinstance(data, list):
        return server_message(data[0]) if data else ""
    if isinstance(data, str):
        return " ".join("".join(character if character.isprintable() else " " for character in data).split())
    if not isinstance(data, Mapping):
        return ""
    messages = (server_message(data.get(name)) for name in ("error", "message", "detail", "msg"))
    return next((message for message in messages if message), "")


def _read(response: httpx.Response) -> str:
    """Return the body up to a size that no list of models exceeds."""
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            break
    return body.decode("utf-8", "replace")


def _reason(problem: Exception) -> str:
    """Return a short reason why a connection failed."""
    if isinstance(problem, httpx.TimeoutException):
        return "no answer in time"
    reason = " ".join(str(problem).split())[:MAX_MESSAGE] or type(problem).__name__
    if isinstance(problem, httpx.ProxyError):
        return f"{reason}; {PROXY_HINT}"
    return f"{reason}; {CERTIFICATE_HINT}" if "CERTIFICATE" in reason.upper() else reason


def _read_answer(status: int, content_type: str, text: str) -> Answer:
    if "html" in content_type or text.lstrip()[:9].lower().startswith(("<!doctype", "<html")):
        return Answer(status, None, f"it answered {status} with a web page: is the base URL right?")
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if status >= FAILED:
        return Answer(status, data, _with_message(MEANINGS.get(status, f"it answered {status}"), data))
    if status >= REDIRECT:
        return Answer(status, None, f"it answered {status}, a redirect, which is not followed: is the base URL right?")
    if data is None:
        return Answer(status, None, f"it answered {status}, but not with JSON")
    return Answer(status, data, _error_inside(status, data))


def _error_inside(status: int, data: Any) -> str:
    """Return the error in a response with a good status, or an empty string."""
    if not isinstance(data, Mapping):
        return ""
    code = data.get("statusCode", data.get("code"))
    if data.get("error") or code not in OK_CODES:
        return _with_message(f"it answered {status}, and in it {status if code is None else code}", data)
    return ""


def _with_message(problem: str, data: Any) -> str:
    message = server_message(data)[:MAX_MESSAGE]
    return f"{problem} ({message})" if message else problem
