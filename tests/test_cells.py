"""Every written program runs in its own interpreter against its cassette, matched strictly."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chat_completions.generate import make
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.types import ProgramRequest
from chat_completions.replay import cassette
from chat_completions.replay.server import serve
from support.cells import CASSETTES, Cell, in_turn, key_of, loaded, made, written
from support.running import COMMANDS, missing, run
from support.watching import Scene

KEY = "key-of-the-tests-0123456789"


SEEDS = 3  # the documents' own samples beside the cells: each on one library in so many, in turn


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The promised cells, fewer of gateways with the programs of others; with --full every scene on every library."""
    if "cell" in metafunc.fixturenames:
        full = metafunc.config.getoption("--full")
        chosen = [
            cell
            for number, cell in enumerate(in_turn(full=full))
            if full or not cell.scene.startswith("seed-") or number % SEEDS == 0
        ]
        metafunc.parametrize("cell", chosen, ids=lambda cell: cell.name)


def test_the_program_sends_what_is_on_the_cassette_and_prints_what_was_served(cell: Cell) -> None:
    lacking = missing(cell.language, cell.library)
    if lacking and os.environ.get("CI") != "true":
        pytest.skip(f"needs {lacking}")
    program, data = make(cell.request), loaded(cell.cassette)
    with serve(cassette.read_cassette(cell.cassette)) as replay:
        env = {program.plan.auth.key: key_of(data, KEY)}
        env[program.plan.base_url_env] = replay.url + urlsplit(program.plan.base_url).path
        ran = run(program.code, cell.language, env, scene=Scene(warm=True))
    assert replay.misses == []
    assert replay.unplayed() == []
    assert ran.code == data["expect"]["exit"], ran.stderr
    expected = made(data, program.plan)
    assert ran.stdout.decode() == data["expect"].get("stdout", expected.stdout)
    assert {Path(path).name: content for path, content in ran.files.items()} == expected.files
    assert KEY not in ran.stderr
    last = ran.stderr.rstrip("\n").rpartition("\n")[2]
    if "last" in data["expect"] and cell.recorder:
        assert last == data["expect"]["last"]
    if ran.code:
        assert last.startswith("Error: ")
    replies = [one["response"]["body"]["string"] for one in data["interactions"]]
    for name in program.plan.reported_fields if not ran.code else ():
        if any(f'"{name}"' in one for one in replies if isinstance(one, str)):
            assert f"{name}: " in last


def test_every_accepted_cell_has_a_cassette() -> None:
    played = {
        (file.parent.name, one.get("task", "chat"), one["protocol"], one.get("stream", False))
        for file, one in written().items()
    }
    promised = {
        (row["gateway"], row["task"], row["protocol"], row["stream"])
        for row in (found._asdict() for found in offered_combinations())
        if row["language"] in COMMANDS
    }
    assert promised - played == set()


def test_a_miss_is_explained_and_not_worth_a_retry() -> None:
    program = make(ProgramRequest("aitoll", prompt="something else"))
    with serve(cassette.read_cassette(CASSETTES / "aitoll" / "chat.yaml")) as replay:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": f"{replay.url}/api/gateway/api"}
        ran = run(program.code, "python", env)
    assert ran.code == 1
    assert replay.misses
    assert "the body differs in messages" in replay.misses[0]
    assert len(replay.unplayed()) == 1
