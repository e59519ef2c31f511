"""Where cassettes come from, and that pytest-recording reads the same files."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chat_completions.replay import cassette
from support.cassette_programs import CASSETTES, load_cassette
from vcr.cassette import Cassette

FILES = sorted(CASSETTES.glob("*/*.yaml"))
SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"
ids = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")


@ids
def test_a_cassette_names_its_source(file: Path) -> None:
    provenance = load_cassette(file)["provenance"]
    assert provenance["label"] in cassette.LABELS
    assert provenance["source"]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", provenance["date"])
    if provenance["label"] == "constructed":
        assert "built " in provenance["note"]
    if provenance["label"] == "recorded":
        assert provenance["by"]
        assert isinstance(provenance["mock"], bool)
        assert load_cassette(file).get("write") is None or {"exit", "stdout"} <= set(load_cassette(file)["expect"])


@ids
def test_a_documented_response_is_in_its_document(file: Path) -> None:
    data = load_cassette(file)
    if data["provenance"]["label"] != "documented":
        return
    bodies = [interaction["response"]["body"]["string"] for interaction in data["interactions"]]
    pieces = [piece for body in bodies for piece in _documented_pieces(body)]
    assert pieces
    if not SEEDS.is_dir():
        pytest.skip("the documents are not on this machine")
    documents = [path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt")]
    assert any(all(piece in document for piece in pieces) for document in documents)


def _documented_pieces(body: str) -> list[str]:
    """What the document must contain: each line of a stream, or the whole."""
    return [line for line in body.splitlines() if line] if body.startswith("data:") else [body]


@ids
def test_the_chunks_of_a_stream_are_its_body(file: Path) -> None:
    for exchange, interaction in zip(cassette.read_cassette(file), load_cassette(file)["interactions"], strict=True):
        body = interaction["response"]["body"]["string"]
        assert b"".join(exchange.chunks) == (body if isinstance(body, bytes) else body.encode())
        lengths = interaction["response"].get("x-chunks")
        assert lengths is None or sum(map(int, lengths.split())) == len(b"".join(exchange.chunks))


@ids
def test_a_cassette_holds_a_placeholder_and_no_key(file: Path) -> None:
    for interaction in load_cassette(file)["interactions"]:
        for name in ("authorization", "x-api-key", "x-goog-api-key"):
            for value in interaction["request"]["headers"].get(name, []):
                assert value.rpartition(" ")[2] in cassette.PLACEHOLDERS


@pytest.fixture(scope="module")
def vcr_config() -> dict[str, object]:
    return {"record_mode": "none", "match_on": ["method", "uri", "body"]}


@pytest.fixture
def vcr_cassette_dir() -> str:
    return str(CASSETTES)


@pytest.fixture
def default_cassette_name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as opened:
        yield opened


@ids
@pytest.mark.vcr
def test_pytest_recording_plays_the_same_file(file: Path, vcr: Cassette, client: httpx.Client) -> None:
    for interaction in load_cassette(file)["interactions"]:
        request = interaction["request"]
        headers = {name: values[0] for name, values in request["headers"].items()}
        sent, served = request["body"] or "", interaction["response"]["body"]["string"]
        content = sent if isinstance(sent, bytes) else sent.encode()
        reply = client.request(request["method"], request["uri"], headers=headers, content=content)
        assert reply.status_code == interaction["response"]["status"]["code"]
        assert reply.content == (served if isinstance(served, bytes) else served.encode())
        if headers.get("content-type") == "application/json" and "write" in load_cassette(file):
            json.loads(sent)
    assert vcr.all_played
