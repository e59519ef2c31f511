"""Finds the gateway that is checked, its address and the user's keys to it."""

import os
from typing import NamedTuple

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Auth, Gateway
from chat_completions.catalog.urls import check_base_url
from chat_completions.errors import BadInput


class Target(NamedTuple):
    """A gateway, the user's key to it, and where it is asked."""

    gateway: Gateway
    key: str
    address: str


def find_target(name: str, base_url: str | None) -> Target:
    """Return the gateway with the user's key; BadInput where it or a key that travels with it is not set."""
    gateway = load.load_gateway(name)
    for extra in gateway.extra_keys:
        read_key(extra, gateway.name)
    auth = gateway.auth[0]
    key = read_key(auth, gateway.name)
    address = base_url or os.environ.get(f"{gateway.env_prefix}_BASE_URL", "").strip() or gateway.base_url
    return Target(gateway, key, check_base_url(address, allow_http=gateway.allow_http))


def read_key(auth: Auth, name: str) -> str:
    """Return the key that the variable of a scheme holds; BadInput where it is needed and missing, or no key."""
    key = os.environ.get(auth.key_env, "").strip() if auth.key_env else ""
    if not key and auth.key_env and not auth.optional:
        raise BadInput(f"{auth.key_env} is not set: {name} needs a key.", f'Set it: export {auth.key_env}="your-key"')
    if not (key.isascii() and key.isprintable()):
        raise BadInput(f"{auth.key_env} holds a character that no key has.", "Copy the key again.")
    return key
