"""Every written program runs in its own interpreter against its cassette, matched strictly."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chat_completions import listing
from chat_completions.live import cassette
from chat_completions.live.replay import serving
from chat_completions.shapes import Request
from chat_completions.snippet import make
from support.cells import CASSETTES, Cell, cells, key_of, loaded, printed
from support.running import missing, run

KEY = "key-of-the-tests-0123456789"


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: cell.name)
def test_the_program_sends_what_is_on_the_cassette_and_prints_what_was_served(cell: Cell) -> None:
    lacking = missing(cell.language, cell.library)
    if lacking and os.environ.get("CI") != "true":
        pytest.skip(f"needs {lacking}")
    snippet, data = make(cell.request), loaded(cell.cassette)
    with serving(cassette.read(cell.cassette)) as replay:
        address = replay.url + snippet.call.base_url.partition("://")[2].partition("/")[1]
        address += snippet.call.base_url.partition("://")[2].partition("/")[2]
        env = {snippet.call.auth.key: key_of(data, KEY), snippet.call.base_env: address}
        ran = run(snippet.code, cell.language, env)
    assert replay.misses == []
    assert replay.unplayed() == []
    assert ran.code == data["expect"]["exit"], ran.stderr
    assert ran.stdout.decode() == printed(data)
    assert KEY not in ran.stderr
    last = ran.stderr.rstrip("\n").rpartition("\n")[2]
    if "last" in data["expect"] and cell.recorder:
        assert last == data["expect"]["last"]
    if ran.code:
        assert last.startswith("Error: ")
    replies = [one["response"]["body"]["string"] for one in data["interactions"]]
    for name in snippet.call.tells:
        if any(f'"{name}"' in one for one in replies if isinstance(one, str)):
            assert f"{name}: " in last


def test_every_accepted_cell_has_a_cassette() -> None:
    written = set()
    for file in CASSETTES.glob("*/*.yaml"):
        write = loaded(file).get("write")
        if write is None:
            continue
        written.add((file.parent.name, write.get("task", "chat"), write.get("stream", False)))
    promised = {(row["gateway"], row["task"], row["stream"]) for row in listing.rows("cells", None)}
    assert promised - written == set()


def test_a_miss_is_explained_and_not_worth_a_retry() -> None:
    snippet = make(Request("aitoll", prompt="something else"))
    with serving(cassette.read(CASSETTES / "aitoll" / "chat.yaml")) as replay:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": f"{replay.url}/api/gateway/api"}
        ran = run(snippet.code, "python", env)
    assert ran.code == 1
    assert replay.misses
    assert "the body differs in messages" in replay.misses[0]
    assert len(replay.unplayed()) == 1
