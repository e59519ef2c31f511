"""How pytest-recording compares a request of a printed program with the recorded one."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from chat_completions.replay.cassette import Exchange, parse_cassette
from chat_completions.replay.matching import ReceivedRequest, find_differences
from vcr.request import Request


def as_recorded(received: Request, stored: Request) -> None:
    """Compare as the replay does: method, URL, the meaning of the body, the headers that say something."""
    ours, theirs = _read(received), _read(stored)
    assert urlsplit(received.uri)[:2] == urlsplit(stored.uri)[:2]
    assert find_differences(ReceivedRequest(ours.method, ours.path, dict(ours.headers), ours.body), theirs) == []


def _read(request: Request) -> Exchange:
    headers = {name: value if isinstance(value, list) else [value] for name, value in request.headers.items()}
    sent = {"method": request.method, "uri": request.uri, "headers": headers, "body": request.body}
    nothing = {"status": {"code": 0, "message": ""}, "headers": {}, "body": {"string": ""}}
    about = {"provenance": {"label": ""}, "interactions": [{"request": sent, "response": nothing}]}
    return parse_cassette(about, "")[0]


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:  # noqa: ARG001 - pytest-recording passes both
    vcr.register_matcher("as_recorded", as_recorded)
