"""Record the gateways, or replay what was recorded.

An ordinary run replays and never opens a connection. `make record GATEWAY=NAME` records: it runs each
program against the gateway and stores what was sent and received, if the program ended as it should.
"""

import datetime as dt
import json
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from vcr.cassette import Cassette

from recording.generator import Program, write_program
from recording.run_program import run_program
from recording.scenarios import RawRequest, Scenario
from recording.scrub import Scrubber, find_personal
from recording.targets import Target

FAILED = 400  # the lowest status of a failure
MALFORMED = '{"model": "broken'
# A text that may be personal is for a person to look at.
pytestmark = pytest.mark.filterwarnings("default:.*may be personal")


@pytest.mark.vcr
def test_program(
    scenario: Scenario,
    target: Target,
    vcr: Cassette,
    scrubber: Scrubber,
    recording: bool,
    cassette_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A recorded scenario ends as its program should; a replayed one as it did when it was recorded."""
    if not recording:
        monkeypatch.setattr(time, "sleep", lambda _: None)  # between a failure and its repetition
    program = write_program(scenario.gateway, scenario.options)
    env = environment(program, scenario, target)
    result = run_program(program, env, tmp_path, monkeypatch, capsys)
    if recording:
        result = json.loads(scrubber.scrub_text(json.dumps(result)))
        vcr.data[:] = without_repeated_failures(vcr.data)
        check_outcome(scenario, result, vcr)
        note: dict[str, Any] = {"write": dict(scenario.options), "expect": _pins(result)}
        if not scenario.every_program:
            note = {"programs": [program.written_in], **note}
        approve(vcr, scrubber, provenance(target, scenario.note, program.written_in, mock=scenario.mock), note)
    else:
        assert _pins(result) == yaml.safe_load(cassette_file.read_text(encoding="utf-8"))["expect"]
        assert vcr.all_played


@pytest.mark.vcr
def test_request(raw: RawRequest, target: Target, vcr: Cassette, scrubber: Scrubber, recording: bool) -> None:
    """A request that no written program sends is refused."""
    key = target.keys.get(raw.key, raw.key)
    headers = {"content-type": "application/json", raw.header: raw.prefix + key}
    body = json.dumps(raw.body) if raw.body else MALFORMED
    for _ in range(raw.times if recording else 1):
        response = requests.post(target.base_url + raw.path, body, headers=headers, timeout=60)
    assert response.status_code >= FAILED
    if recording:
        del vcr.data[:-1]
        approve(vcr, scrubber, provenance(target, "", "a request that no written program sends"), {})


def environment(program: Program, scenario: Scenario, target: Target) -> dict[str, str]:
    """Return the variables that a user of the program would set."""
    return {
        program.key_env: target.keys.get(scenario.key, scenario.key),
        program.base_url_env: target.env(program.base_url),
        "NO_PROXY": "127.0.0.1,localhost",
    }


def without_repeated_failures(data: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return the interactions without the failures that the program repeated."""
    keys = [(request.method, request.uri, request.body) for request, _ in data]
    return [
        interaction
        for number, interaction in enumerate(data)
        if interaction[1]["status"]["code"] < FAILED or keys[number] not in keys[number + 1 :]
    ]


def _pins(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a cassette pins of a run: not what the program prints on stderr."""
    return {name: value for name, value in result.items() if name != "last"}


def check_outcome(scenario: Scenario, result: dict[str, Any], vcr: Cassette) -> None:
    """Fail unless the program ended as the scenario says, on the responses that it allows."""
    statuses = [response["status"]["code"] for response in vcr.responses]
    assert statuses, f"the gateway did not answer: {result['last']}"
    assert result["exit"] in scenario.exits, f"HTTP {statuses}: {result['last']}"
    assert not scenario.statuses or statuses[-1] in scenario.statuses
    assert tuple(scenario.exits) != (0,) or max(statuses) < FAILED


def provenance(target: Target, note: str, program: str, *, mock: bool = False) -> dict[str, Any]:
    """Return where a recording comes from."""
    return {
        "label": "recorded",
        "source": target.source,
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "note": "; ".join(text for text in (target.note, note) if text),
        "mock": mock,
        "by": program,
    }


def approve(vcr: Cassette, scrubber: Scrubber, about: dict[str, Any], note: dict[str, Any]) -> None:
    """Note the provenance, so that the cassette is stored; fail if a part of a key is left."""
    parts = [part for request, response in vcr.data for part in (request.body, response["body"]["string"])]
    assert not any(scrubber.contains_key(part) for part in [*parts, json.dumps([about, note]).encode()])
    for name, value in {"provenance": about, **note}.items():
        vcr.get_metadata(name, value)
    for text in find_personal(b"\n".join(parts).decode("utf-8", "replace")):
        warnings.warn(f"{text} may be personal: look before you share the cassette", stacklevel=2)
