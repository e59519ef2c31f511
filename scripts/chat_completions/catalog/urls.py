"""Which addresses a program may be sent to."""

import re
from urllib.parse import urlsplit

from chat_completions.errors import BadInput

HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
BASE_URL = re.compile(rf"https?://{HOST}(?::\d{{1,5}})?(?:/[A-Za-z0-9._~%:@+-]*)*")
ENDPOINTS = ("/chat/completions", "/v1/messages", "/v1/responses", "/v1/completions", ":generateContent")
# Names that no public server has; those of one word are left to the user's network (Docker Compose, /etc/hosts).
PRIVATE_ENDINGS = (".local", ".internal", ".localhost", ".lan", ".home.arpa")
SHARED_ADDRESSES = "100.64.0.0/10"  # of a provider's or a VPN's own network


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
