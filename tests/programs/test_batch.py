"""Many prompts: nothing is lost or asked twice, the bound holds, the order is kept, a stopped run goes on."""

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.busy_server import BusyServer, busy_server
from support.case_runner import KEY, skip_without_tools
from support.running import COMMANDS, write_program
from support.variants import ENV, Variant, program, variants

CONCURRENCY = 8
# One of each client: its protocols differ in what one request says.
TRIED = list({variant.client: variant for variant in reversed(variants("batch"))}.values())


ONE_EACH = [variant for variant in TRIED if variant.client in ("python-openai", "javascript-fetch")]
FILES = {"python": "def read_prompts", "javascript": "function readPrompts"}  # where the lines on files begin


class Batch:
    """A printed program with its file of prompts and its file of results."""

    def __init__(self, variant: Variant, folder: Path, server: BusyServer, count: int) -> None:
        skip_without_tools(variant)
        code = program(variant).code
        assert f"CONCURRENCY = {CONCURRENCY}" in code
        file = write_program(code, variant.language, folder / "program")
        self.prompts, self.results, self.count = folder / "prompts.txt", folder / "results.jsonl", count
        self.prompts.write_text("".join(f"Prompt {number}\n" for number in range(1, count + 1)), encoding="utf-8")
        self.command = [*COMMANDS[variant.language], str(file), str(self.prompts), str(self.results)]
        self.env = {"PATH": os.environ["PATH"], f"{ENV}_API_KEY": KEY, f"{ENV}_BASE_URL": f"{server.url}/api"}

    def run(self) -> int:
        """Run it to its end; return the exit code."""
        return subprocess.run(self.command, env=self.env, capture_output=True, check=False, timeout=120).returncode

    def kill_after(self, lines: int) -> None:
        """Run it and kill it once so many lines are written."""
        process = subprocess.Popen(self.command, env=self.env, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.text().count("\n") < lines:
            time.sleep(0.02)
        process.kill()
        process.wait()

    def text(self) -> str:
        """Return what is in the file of results."""
        return self.results.read_text(encoding="utf-8") if self.results.exists() else ""

    def lines(self) -> list[Mapping[str, Any]]:
        """Return the results."""
        return [json.loads(line) for line in self.text().splitlines()]

    def is_complete(self) -> bool:
        """Return whether each prompt has its answer, in the order of the prompts."""
        answers = [(line["id"], line.get("answer")) for line in self.lines()]
        return answers == [(number, f"Answer {number}") for number in range(1, self.count + 1)]


@pytest.mark.parametrize("variant", TRIED, ids=str)
def test_no_prompt_is_lost_or_asked_again_after_its_answer(variant: Variant, tmp_path: Path) -> None:
    with busy_server(variant.protocol) as server:
        batch = Batch(variant, tmp_path, server, 500 if variant in ONE_EACH else 50)
        assert batch.run() == 0
        assert batch.is_complete()
        assert set(server.answered.values()) == {1}
        assert 1 < server.most <= CONCURRENCY
        if variant in ONE_EACH:
            assert batch.run() == 0  # there is nothing left to ask
            assert batch.is_complete()
            assert sum(server.answered.values()) == batch.count


@pytest.mark.parametrize("language", FILES)
def test_all_libraries_handle_files_by_the_same_lines(language: str) -> None:
    """So what follows is tried on one program of each language."""
    codes = [program(variant).code for variant in variants("batch") if variant.language == language]
    assert len({code.partition(FILES[language])[2] for code in codes}) == 1
    assert all(FILES[language] in code for code in codes)


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
def test_a_killed_run_goes_on(variant: Variant, tmp_path: Path) -> None:
    with busy_server(variant.protocol, delay=0.05) as server:
        batch = Batch(variant, tmp_path, server, 100)
        server.broken = {2}
        batch.kill_after(20)
        *whole, _ = batch.text().split("\n")
        with batch.results.open("a", encoding="utf-8") as file:
            file.write('{"id": 99, "answer": "Ans')  # as a kill in the middle of a write leaves it
        assert 20 <= len(whole) < 100
        server.broken = set()
        assert batch.run() == 0
        assert batch.is_complete()
        written = [json.loads(line)["id"] for line in whole if "error" not in json.loads(line)]
        assert {server.answered[number] for number in written} == {1}
        assert server.refused[2] > 0
        assert server.most <= CONCURRENCY


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
def test_a_slow_answer_holds_no_other_back(variant: Variant, tmp_path: Path) -> None:
    with busy_server(variant.protocol) as server:
        batch = Batch(variant, tmp_path, server, 30)
        server.held = {1}
        batch.kill_after(29)
        assert {line["id"] for line in batch.lines()} == set(range(2, 31))
        server.held, server.answered = set(), Counter()
        assert batch.run() == 0
        assert batch.is_complete()
        assert server.answered == {1: 1}


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
def test_nothing_is_asked_where_no_result_can_be_kept(variant: Variant, tmp_path: Path) -> None:
    with busy_server(variant.protocol) as server:
        batch = Batch(variant, tmp_path, server, 3)
        for target in (tmp_path / "absent" / "results.jsonl", tmp_path):
            batch.command[-1] = str(target)
            assert batch.run() == 1
        batch.prompts.write_text('{"id": 1, "prompt": "Prompt 1"}\n')
        batch.command[-1] = str(batch.prompts)
        assert batch.run() == 1
        assert batch.prompts.read_text() == '{"id": 1, "prompt": "Prompt 1"}\n'
        batch.prompts.write_bytes("Prompt für 1\n".encode("latin-1"))
        batch.command[-1] = str(batch.results)
        assert batch.run() == 1
        assert server.answered == {}
        assert {path.name for path in tmp_path.iterdir()} == {"program", "prompts.txt"}


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
def test_results_of_other_prompts_stay(variant: Variant, tmp_path: Path) -> None:
    with busy_server(variant.protocol) as server:
        batch = Batch(variant, tmp_path, server, 2)
        batch.results.write_text('{"id": "other", "answer": "kept"}\n', encoding="utf-8")
        assert batch.run() == 0
        assert {"id": "other", "answer": "kept"} in batch.lines()
        assert len(batch.lines()) == 3


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
def test_a_changed_prompt_is_asked_again(variant: Variant, tmp_path: Path) -> None:
    with busy_server(variant.protocol) as server:
        batch = Batch(variant, tmp_path, server, 2)
        batch.results.write_text('{"id": 2, "prompt": "Another", "answer": "old"}\n', encoding="utf-8")
        assert batch.run() == 0
        assert batch.is_complete()


@pytest.mark.parametrize("variant", ONE_EACH, ids=str)
@pytest.mark.parametrize("text", ["my notes\nand more\n", '{"name": "x"}\n[1]\n'], ids=["notes", "other JSON"])
def test_a_file_that_holds_no_results_is_left_alone(variant: Variant, text: str, tmp_path: Path) -> None:
    with busy_server(variant.protocol) as server:
        batch = Batch(variant, tmp_path, server, 2)
        batch.results.write_text(text, encoding="utf-8")
        assert batch.run() == 1
        assert batch.text() == text
        assert server.answered == {}
