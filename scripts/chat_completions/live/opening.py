"""What the live commands begin with: the gateway, the user's key, and the address to talk to."""

import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from chat_completions.catalog import load
from chat_completions.catalog.types import Gateway
from chat_completions.catalog.urls import check_base_url as checked
from chat_completions.errors import BadInput
from chat_completions.live.record import Source
from chat_completions.paths import recordings

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Opened(NamedTuple):
    """A gateway, the key to it, and where it is; `own` when that is not its own address."""

    gateway: Gateway
    key: str
    address: str
    own: bool


def opened(name: str, base_url: str | None) -> Opened:
    """The gateway with the user's key; BadInput where no key is set."""
    gateway = load.load_gateway(name)
    variable = gateway.auth[0].key
    key = os.environ.get(variable, "").strip()
    if not key:
        raise BadInput(f"{variable} is not set: {gateway.name} needs a key.", f'Set it: export {variable}="your-key"')
    if not (key.isascii() and key.isprintable()):
        raise BadInput(f"{variable} holds a character that no key has.", "Copy the key again.")
    address = checked(base_url or os.environ.get(f"{gateway.env_prefix}_BASE_URL", "").strip() or gateway.base_url)
    return Opened(gateway, key, address, address != checked(gateway.base_url))


def source(one: Opened, folder: Path | None, software: str, note: str, *, mock: bool) -> Source:
    """Where a recording comes from; an address of the user's own is not told."""
    host = urlsplit(one.address).hostname or ""
    if host in LOOPBACK:
        told = f"{one.gateway.name} on loopback, version not told"
    else:
        told = f"{one.gateway.name} at an address of the user's own" if one.own else f"{one.gateway.name}, {host}"
    return Source(
        gateway=one.gateway.id,
        upstream=one.address,
        keys={"<key>": one.key, "<wrong-key>": "wrong-key"},
        source=software or told,
        note=note,
        mock=mock,
        folder=folder or recordings(),
    )
