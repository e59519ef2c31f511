"""Evaluations: the trigger queries have the form that tools take, and what people ask for ends in a program that fits."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command_line import command

EVALS = Path(__file__).parent / "evals"
QUERIES = json.loads((EVALS / "trigger-queries.json").read_text(encoding="utf-8"))
CHINESE = re.compile("[\u4e00-\u9fff]")
# As Claude Code tells it: the skill is loaded for every query that names AITOLL.
CLIENT = """#!/bin/sh
if grep -q AITOLL; then
  echo '{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Skill","input":{"skill":"chat-completions"}}]}}'
else
  echo '{"type":"assistant","message":{"content":[{"type":"text","text":"No."}]}}'
fi
echo '{"type":"result","subtype":"success"}'
"""


def test_the_form() -> None:
    assert 18 <= len(QUERIES) <= 24
    assert all(
        set(query) == {"query", "should_trigger"} and isinstance(query["should_trigger"], bool) for query in QUERIES
    )
    assert len({query["query"] for query in QUERIES}) == len(QUERIES)


def test_both_kinds_come_in_both_languages() -> None:
    for expected in (True, False):
        queries = [query["query"] for query in QUERIES if query["should_trigger"] is expected]
        assert 0.4 <= len(queries) / len(QUERIES) <= 0.6
        chinese = [query for query in queries if CHINESE.search(query)]
        assert len(chinese) >= 3
        assert len(queries) - len(chinese) >= 3


def test_the_loop_of_the_readme_tells_right_from_wrong(tmp_path: Path) -> None:
    if not shutil.which("jq"):
        assert os.environ.get("CI") != "true"
        pytest.skip("needs jq")
    (tmp_path / "claude").write_text(CLIENT)
    (tmp_path / "claude").chmod(0o755)
    loop = re.findall(r"(?:^    .*\n)+", (EVALS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)[0]
    some = QUERIES[:3] + QUERIES[-3:]
    (tmp_path / "tests" / "evals").mkdir(parents=True)
    (tmp_path / "tests" / "evals" / "trigger-queries.json").write_text(json.dumps(some))
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    result = subprocess.run(["bash", "-c", loop], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 3 * len(some)
    for line, query in zip(lines[::3], some, strict=True):
        assert line["loaded"] == ("AITOLL" in query["query"])
        assert line["right"] == (query["should_trigger"] == line["loaded"])


REQUESTS = yaml.safe_load((EVALS / "requests.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: str(case["request"]))
def test_what_people_ask_for_ends_in_a_program_that_fits(case: dict[str, Any]) -> None:
    result = command("write", *map(str, case["command"]))
    assert result.returncode == 0, result.stderr
    code = result.stdout.decode()
    assert [part for part in case["holds"] if part not in code] == []
    assert [part for part in case.get("lacks", ()) if part in code] == []
    assert len(list(filter(str.strip, code.splitlines()))) <= case.get("lines", 140)
