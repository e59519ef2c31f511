"""Configure pytest-recording: which cassettes, what is scrubbed, and how they are written."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vcr.request import Request

from recording import scenes, targets
from recording.cassette_format import ApprovedPersister, CassetteSerializer
from recording.generator import gateway_names, load_gateway
from recording.scrub import REQUEST_HEADERS, RESPONSE_HEADERS, Scrubber
from recording.targets import Target

RUN_ID = re.compile(rb'"cc-[0-9a-f]{16}"')  # drawn by a program for each run, so that a task can be asked for again
BOUNDARY = re.compile("boundary=([^;]+)")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of the gateway to record or replay."""
    parser.addoption("--gateway", help="record or replay this gateway only, such as aitoll")
    parser.addoption("--cassettes", type=Path, help="the folder of the cassettes, instead of tests/cassettes")


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:  # noqa: ARG001 - pytest-recording passes both
    """Register how cassettes are stored; under the name yaml, because the name is the file's extension."""
    vcr.register_serializer("yaml", CassetteSerializer)
    vcr.register_persister(ApprovedPersister)


def is_recording(config: pytest.Config) -> bool:
    """Return whether cassettes are recorded, not replayed."""
    return config.getoption("--record-mode") not in (None, "none")


def cassette_folder(config: pytest.Config) -> Path:
    """Return the folder of all cassettes."""
    folder: Path | None = config.getoption("--cassettes", None)
    return folder.resolve() if folder else scenes.CASSETTES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test all scenes of the gateway to record, or those that were recorded."""
    gateway = metafunc.config.getoption("--gateway", None)
    recording, folder = is_recording(metafunc.config), cassette_folder(metafunc.config)
    if recording and not gateway:
        raise pytest.UsageError("Say which gateway to record: --gateway NAME")
    for argument, list_scenes in (("scene", scenes.scenes), ("raw", scenes.raw_requests)):
        if argument in metafunc.fixturenames:
            found = [scene for name in ([gateway] if gateway else gateway_names()) for scene in list_scenes(name)]
            kept = [scene for scene in found if recording or scenes.is_recorded(scenes.file_of(scene, folder))]
            metafunc.parametrize(argument, kept, ids=str)


@pytest.fixture(scope="session")
def recording(pytestconfig: pytest.Config) -> bool:
    """Return whether cassettes are recorded, not replayed."""
    return is_recording(pytestconfig)


@pytest.fixture
def recorded_scene(request: pytest.FixtureRequest) -> scenes.Scene | scenes.RawRequest:
    """Return the scene of the test, whichever kind it is."""
    values = request.node.callspec.params
    scene: scenes.Scene | scenes.RawRequest = values.get("scene") or values["raw"]
    return scene


@pytest.fixture(scope="session")
def running_target(pytestconfig: pytest.Config) -> Iterator[Target]:
    """Yield the gateway to record, started where it is local software."""
    with targets.recorded(pytestconfig.getoption("--gateway")) as target:
        yield target


@pytest.fixture
def target(request: pytest.FixtureRequest, recorded_scene: scenes.Scene, recording: bool) -> Target:
    """Return where the program finds the gateway."""
    if recording:
        running: Target = request.getfixturevalue("running_target")
        return running
    return targets.replayed(recorded_scene.gateway)


@pytest.fixture
def cassette_file(recorded_scene: scenes.Scene, pytestconfig: pytest.Config) -> Path:
    """Return the cassette of the test."""
    return scenes.file_of(recorded_scene, cassette_folder(pytestconfig))


@pytest.fixture
def vcr_cassette_dir(cassette_file: Path) -> Iterator[str]:
    """Yield the folder of the cassette; put the old one back if the new recording was not approved."""
    file = cassette_file
    old = file.read_bytes() if file.is_file() else None
    yield str(file.parent)
    if old is not None and not file.is_file():
        file.write_bytes(old)


@pytest.fixture
def default_cassette_name(recorded_scene: scenes.Scene) -> str:
    """Return the name of the cassette: that of the scene."""
    return recorded_scene.name


@pytest.fixture
def scrubber(target: Target) -> Scrubber:
    """Return what removes the keys of this gateway."""
    return Scrubber(target.keys)


@pytest.fixture
def vcr_config(target: Target, recorded_scene: scenes.Scene, scrubber: Scrubber, recording: bool) -> dict[str, Any]:
    """Return how vcrpy matches and stores: a request is stored and compared scrubbed."""
    allowed = REQUEST_HEADERS.union(load_gateway(recorded_scene.gateway).key_headers)

    def before_record_request(request: Request) -> Request:
        content_type = request.headers.get("content-type", "")
        body = RUN_ID.sub(b'"<any>"', scrubber.scrub(request.body or b""))
        for boundary in BOUNDARY.findall(content_type):
            body = body.replace(boundary.encode(), b"boundary")
        headers = scrubber.keep_headers(request.headers.items(), allowed)
        if "boundary=" in content_type:
            headers["content-type"] = ["multipart/form-data; boundary=boundary"]
        uri = scrubber.scrub_uri(target.publish_uri(request.uri))
        return Request(request.method, uri, body, headers)

    def before_record_response(response: dict[str, Any]) -> dict[str, Any]:
        pairs = [(name, value) for name, values in response["headers"].items() for value in values]
        body = target.publish(scrubber.scrub(response["body"]["string"]))
        headers = scrubber.keep_headers(pairs, RESPONSE_HEADERS)
        return {"status": response["status"], "headers": headers, "body": {"string": body}}

    return {
        "match_on": ["method", "uri", "body"],
        "decode_compressed_response": True,
        "before_record_request": before_record_request,
        "before_record_response": before_record_response,
        # A failure is stored once, however often the program asks again.
        "allow_playback_repeats": not recording and tuple(getattr(recorded_scene, "exits", ())) != (0,),
    }
