"""Writes cassettes: what a proxy heard, cleaned, in vcrpy's format, as a whole file or not at all."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from chat_completions.errors import BadData, BadInput
from chat_completions.live.proxy import Heard, Recorder
from chat_completions.live.scrub import clean_uri, sent_headers, served_headers
from chat_completions.live.wire import origin
from chat_completions.replay.cassette import read

WIDE = 10**6
# An id that a written program draws for each run of a task, so that it can be asked for again.
RUN_ID = re.compile(rb'"cc-[0-9a-f]{16}"')


class Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, _text)


def interaction(heard: Heard, recorder: Recorder, base_url: str, own_header: str) -> dict[str, Any]:
    """One exchange as it is stored, as if it had happened at `base_url`, the gateway's public address."""
    secrets, upstream = recorder.secrets, recorder.upstream
    here, there = origin(upstream).encode(), origin(base_url).encode()
    chunks = [chunk.replace(here, there) for chunk in secrets.clean_chunks(heard.chunks) if chunk]
    response: dict[str, Any] = {
        "status": {"code": heard.status, "message": heard.reason},
        "headers": served_headers(heard.served, secrets),
        "body": {"string": readable(b"".join(chunks))},
    }
    if heard.framed:
        response["x-chunks"] = " ".join(str(len(chunk)) for chunk in chunks)
    body = readable(RUN_ID.sub(b'"<any>"', b"".join(secrets.clean_chunks([heard.body]))))
    return {
        "request": {
            "method": heard.method,
            "uri": clean_uri(recorder.at(base_url, heard.path), secrets, "<key>"),
            "headers": sent_headers(heard.sent, secrets, own_header),
            "body": body or "",
        },
        "response": response,
    }


def readable(body: bytes) -> str | bytes:
    """A body as text where it is one, as vcrpy stores it."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body


def save(file: Path, document: dict[str, Any]) -> None:
    """Puts the whole cassette into its place; an interruption leaves the old one, or none."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(dumped(document), encoding="utf-8", newline="")
        read(beside)
        beside.replace(file)
    except OSError as problem:
        raise BadInput(f"{str(file)!r} cannot be written: {problem.strerror}.", "Choose another --output.") from problem
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def dumped(document: dict[str, Any]) -> str:
    """The cassette as YAML that reads back as exactly this."""
    text = yaml.dump(document, Dumper=Dumper, allow_unicode=True, width=WIDE, sort_keys=False)
    if yaml.safe_load(text) != document:
        raise BadData("A recording does not survive being written as YAML.", "Please report this as a fault.")
    return text


def bodies(interactions: Sequence[dict[str, Any]]) -> str:
    """All that was sent and served as text, to be looked through."""
    found = [part for one in interactions for part in (one["request"]["body"], one["response"]["body"]["string"])]
    return "\n".join(part for part in found if isinstance(part, str))
