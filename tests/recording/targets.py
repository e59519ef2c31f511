"""Find the address and keys of a gateway that is recorded: hosted, or started on loopback."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from recording.generator import load_gateway
from recording.scenarios import SETUP
from recording.stacks import MODEL_NOTE, STACKS, running


@dataclass(frozen=True)
class Target:
    """A gateway that answers at `base_url`, and is recorded as if it were at `public_url`."""

    base_url: str
    public_url: str
    keys: Mapping[str, str]
    source: str = ""
    note: str = ""

    def env(self, program_url: str) -> str:
        """Return the address for a program that was written for `program_url`."""
        return program_url.replace(self.public_url, self.base_url, 1)

    def publish(self, text: bytes) -> bytes:
        """Return a text with the gateway's public origin instead of the one that was recorded."""
        return text.replace(origin(self.base_url).encode(), origin(self.public_url).encode())

    def publish_uri(self, uri: str) -> str:
        """Return a URI as it is at the public address."""
        return self.public_url + uri.removeprefix(self.base_url) if uri.startswith(self.base_url) else uri


def replay_target(gateway: str) -> Target:
    """Return the target of a replay: the public address, and placeholders as keys."""
    url = load_gateway(gateway).base_url
    return Target(url, url, {})


@contextmanager
def start_target(gateway: str) -> Iterator[Target]:
    """Yield the running gateway: the user's hosted one, or software started on loopback."""
    info = load_gateway(gateway)
    if gateway not in STACKS:
        yield hosted_target(gateway)
        return
    setup = SETUP[gateway]
    with running(gateway) as stack:
        note = setup["note"].replace("ENGINE", stack.engine).replace("MODEL", MODEL_NOTE)
        base_url = stack.url + urlsplit(info.base_url).path
        yield Target(base_url, info.base_url, stack.keys, f"{setup['software']} {stack.version}, on loopback", note)


def hosted_target(gateway: str) -> Target:
    """Return a hosted gateway with the user's key; stop if no key is set."""
    info = load_gateway(gateway)
    key = os.environ.get(info.key_env, "").strip()
    if not key:
        raise pytest.UsageError(f"{info.key_env} is not set. Set it: export {info.key_env}=your-key")
    base_url = os.environ.get(info.base_url_env, "").strip().rstrip("/") or info.base_url
    own = base_url != info.base_url
    source = f"{info.title}, {'at another address' if own else urlsplit(base_url).hostname}"
    return Target(base_url, info.base_url, {"<key>": key}, source)


def origin(url: str) -> str:
    """Return scheme and host of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
