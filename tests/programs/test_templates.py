"""Every template renders and gives a program of the right syntax, with everything that a user may add.

The environment is strict: a name that a template does not have is an error (StrictUndefined).
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.combinations import Combination, offered_combinations
from support.generation import make_combination

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "fallback": {"fallback": True},
    "system": {"system": 'Be brief; quote "this" and $HOME.'},
    "parameters": {"params": {"max_tokens": 300, "temperature": 0.5, "x_own": {"a": [1, None, True]}}},
    "all": {"fallback": True, "system": "Be brief.", "params": {"max_tokens": 300, "temperature": 0.5}},
}
CHECK_SYNTAX = """
const vm = require("node:vm"), fs = require("node:fs");
for (const file of process.argv.slice(1))
  try { new vm.SourceTextModule(fs.readFileSync(file, "utf8"), { identifier: file }); }
  catch (error) { console.log(`${file}: ${error.message}`); }
"""


@cache
def programs(language: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return all different programs of a language by a name, and per option which tasks, or plain curl, refuse it."""
    found: dict[str, str] = {}
    refused: dict[str, list[str]] = {option: [] for option in OPTIONS}
    for combination in offered_combinations():
        if combination.language != language:
            continue
        for option, values in OPTIONS.items():
            try:
                found.setdefault(make_combination(combination, **values).code, f"{name_of(combination)}-{option}")
            except (BadInput, NotOffered):
                refused[option].append("plain" if combination.library == "plain" else combination.task)
    return {name: code for code, name in found.items()}, refused


def name_of(combination: Combination) -> str:
    way = ("async-" if combination.asynchronous else "") + ("stream" if combination.stream else "whole")
    return "-".join([*combination[:5], way])


def write_all(language: str, folder: Path, suffix: str) -> Iterator[str]:
    for name, code in programs(language)[0].items():
        file = folder / f"{name}{suffix}"
        file.write_text(code, encoding="utf-8")
        yield str(file)


def output_of(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("language", ["python", "javascript", "typescript", "shell", "nextjs", "react"])
def test_only_tasks_without_a_prompt_refuse_what_belongs_to_one(language: str) -> None:
    _, refused = programs(language)
    assert refused["plain"] == []
    assert set(refused["fallback"]) <= {"models", "balance", "ping", "plain"}
    assert set(refused["system"]) <= {"image", "image-edit", "models", "balance", "conversation"}


def test_python_compiles_and_names_what_it_uses(tmp_path: Path) -> None:
    for name, code in programs("python")[0].items():
        compile(code, name, "exec")
    assert len(list(write_all("python", tmp_path, ".py"))) > 0
    ruff = output_of(sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F", str(tmp_path))
    assert "All checks passed" in ruff


def test_python_imports_quote_only_where_it_is_used(tmp_path: Path) -> None:
    for combination in offered_combinations("aiclient-2-api"):
        if combination.language == "python" and combination.protocol == "gemini-generate":
            code = make_combination(combination, model="a model/b").code
            assert ("quote(MODEL" in code) == (combination.library in ("requests", "httpx"))
            (tmp_path / f"{name_of(combination)}.py").write_text(code, encoding="utf-8")
    ruff = output_of(sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F", str(tmp_path))
    assert "All checks passed" in ruff


def test_javascript_parses(tmp_path: Path) -> None:
    files = list(write_all("javascript", tmp_path, ".mjs"))
    assert files
    assert output_of("node", "--no-warnings", "--experimental-vm-modules", "--eval", CHECK_SYNTAX, *files) == ""


def test_a_fault_of_syntax_is_found(tmp_path: Path) -> None:
    file = tmp_path / "broken.mjs"
    file.write_text("const a = ;", encoding="utf-8")
    found = output_of("node", "--no-warnings", "--experimental-vm-modules", "--eval", CHECK_SYNTAX, str(file))
    assert "broken.mjs" in found


def test_shell_parses(tmp_path: Path) -> None:
    files = list(write_all("shell", tmp_path, ".sh"))
    assert files
    assert output_of("bash", "-c", 'for file; do bash -n "$file"; done', "bash", *files) == ""
