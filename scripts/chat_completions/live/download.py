"""Brings an archive here, from a file or an address, and checks its sum before anything reads it."""

import hashlib
import hmac
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from chat_completions.errors import BadInput, ChatCompletionsError

MOST_BYTES = 20_000_000
TIMEOUT = 30  # seconds without a byte
SUMS = "SHA256SUMS"
PLAIN = "Give a file's path, or https://host/path without a name or password."
LISTED = re.compile(r"([0-9A-Fa-f]{64})[ *]+(.+)")
LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")


def verified(source: str, sha256: str | None, tell: Callable[[str], None]) -> bytes:
    """The bytes of the archive; BadInput where the sum is another, or an address comes without one."""
    wanted = None if sha256 is None else sha256.strip().lower()
    if wanted is not None and not re.fullmatch("[0-9a-f]{64}", wanted):
        raise BadInput("--sha256 must be 64 hexadecimal digits.", f"Take them from {SUMS}.")
    if re.match("[A-Za-z][A-Za-z0-9+.-]*://", source):
        if wanted is None:
            raise BadInput("An address needs --sha256.", f"Take the sum from {SUMS}, and that from where you trust it.")
        data = _fetched(source)
    else:
        data = _read(Path(source))
        wanted = wanted or _listed(Path(source))
    _check(data, wanted, source, tell)
    return data


def _check(data: bytes, wanted: str | None, source: str, tell: Callable[[str], None]) -> None:
    found = hashlib.sha256(data).hexdigest()
    if wanted is None:
        tell(f"Not checked: there is no --sha256, and no {SUMS} beside the file that names it. Its SHA-256 is {found}.")
    elif not hmac.compare_digest(found, wanted):
        raise BadInput(f"{source!r} is not what was asked for: its SHA-256 is {found}.", f"Wanted is {wanted}.")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _bounded(file)
    except OSError as problem:
        raise BadInput(
            f"{str(path)!r} cannot be read: {problem.strerror}.", "Name the archive, or its address."
        ) from problem


def _listed(path: Path) -> str | None:
    """The sum that stands for the file in SHA256SUMS beside it."""
    try:
        lines = path.with_name(SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    listed = (LISTED.fullmatch(line) for line in lines)
    return next((one[1].lower() for one in listed if one and one[2] == path.name), None)


def _bounded(file: IO[bytes] | Any) -> bytes:
    data: bytes = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadInput(f"The archive is larger than {MOST_BYTES} bytes.", "This is not an archive of this skill.")
    return data


def _allowed(url: str) -> None:
    try:
        where = urlsplit(url)
    except ValueError as problem:
        raise BadInput(f"{url!r} is no address: {problem}.", PLAIN) from problem
    if where.username is not None or not where.hostname:
        raise BadInput(f"{url!r} is not an address to load from.", PLAIN)
    if where.scheme != "https" and not (where.scheme == "http" and LOOPBACK.fullmatch(where.hostname)):
        raise BadInput(f"{url!r} is not an https address.", "Plain http is for this machine only.")


def _fetched(url: str) -> bytes:
    """The bytes at an address; a redirect is followed to what could be asked for, since the sum decides anyhow."""
    import http.client
    import urllib.request

    class Redirects(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *given: Any) -> Any:
            _allowed(given[-1])
            return super().redirect_request(*given)

    _allowed(url)
    try:
        with urllib.request.build_opener(Redirects).open(url, timeout=TIMEOUT) as reply:
            return _bounded(reply)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise ChatCompletionsError(
            f"{url!r} cannot be fetched: {str(problem)[:150]}.", "Check the address."
        ) from problem
