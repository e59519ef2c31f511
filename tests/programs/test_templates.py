"""Every template renders and gives a program of the right syntax, with everything that a user may add.

The environment is strict: a name that a template does not have is an error (StrictUndefined).
"""

import ast
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning import resolve
from chat_completions.planning.combinations import Combination, offered_combinations
from chat_completions.rendering.schema_types import function_name
from support.generation import make_combination, of_any_gateway
from support.running import SCRATCH
from support.variants import GATEWAY

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "fallback": {"fallback": True},
    "system": {"system": 'Be brief; quote "this" and $HOME.'},
    "parameters": {"params": {"max_tokens": 300, "temperature": 0.5, "x_own": {"a": [1, None, True]}}},
    "all": {"fallback": True, "system": "Be brief.", "params": {"max_tokens": 300, "temperature": 0.5}},
}
LAYOUT = re.compile(r"[ \t]$|\n{4}|\n\n\}", re.MULTILINE)  # what an editor would mend
LONG_LINE = re.compile(r'^(?!.*"[^"]{60}).{124,}$', re.MULTILINE)  # but for one with a long text
ALONE = ("fallback", "system", "parameters")  # which all gateways meet together
CHECK_SYNTAX = """
const vm = require("node:vm"), fs = require("node:fs");
for (const file of process.argv.slice(1))
  try { new vm.SourceTextModule(fs.readFileSync(file, "utf8"), { identifier: file }); }
  catch (error) { console.log(`${file}: ${error.message}`); }
"""


@pytest.fixture(scope="module", autouse=True)
def gateways_read_once() -> Iterator[None]:
    """Read the file of a gateway once for all of its programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolve, "load_gateway", cache(load_gateway))
        yield


def programs(language: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return all different programs of a language by a name, and per option which tasks, or plain curl, refuse it."""
    names: dict[str, str] = {}
    refused: dict[str, list[str]] = {option: [] for option in OPTIONS}
    for combination in [*offered_combinations(), *of_any_gateway()]:
        if combination.language != language:
            continue
        for option, values in OPTIONS.items():
            if option in ALONE and combination.gateway != GATEWAY:
                continue
            try:
                names.setdefault(make_combination(combination, **values).code, f"{name_of(combination)}-{option}")
            except (BadInput, NotOffered):
                refused[option].append("plain" if combination.library == "plain" else combination.task)
    return {name: code for code, name in names.items()}, refused


def name_of(combination: Combination) -> str:
    way = ("async-" if combination.asynchronous else "") + ("stream" if combination.stream else "whole")
    return "-".join([Path(combination.gateway).stem, *combination[1:5], way])


def output_of(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


OF_NAMES_AND_IMPORTS = ["--select", "F,I", "--line-length", "120"]
RUFF = [sys.executable, "-m", "ruff", "check", "--isolated", "--quiet", *OF_NAMES_AND_IMPORTS]
NODE = ["node", "--no-warnings", "--experimental-vm-modules", "--eval", CHECK_SYNTAX]
BASH = ["bash", "-c", 'for file; do bash -n "$file"; done', "bash"]
# The compiler of TypeScript reads the others, in test_typescript.py, test_web_cells.py and test_web_written.py.
PARSERS = {"python": (RUFF, ".py"), "javascript": (NODE, ".mjs"), "shell": (BASH, ".sh")}


@pytest.mark.parametrize("language", ["python", "javascript", "typescript", "shell", "nextjs", "react"])
def test_every_program_parses_and_takes_what_belongs_to_its_task(language: str) -> None:
    written, refused = programs(language)
    assert refused["plain"] == []
    assert set(refused["fallback"]) <= {"models", "balance", "ping", "plain"}
    assert set(refused["system"]) <= {"image", "image-edit", "models", "balance", "conversation"}
    assert [name for name, code in written.items() if LAYOUT.search(code)] == []
    if language != "shell":
        assert [name for name, code in written.items() if name.endswith("-plain") and LONG_LINE.search(code)] == []
    if language in PARSERS:
        command, suffix = PARSERS[language]
        with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
            for name, code in written.items():
                Path(folder, f"{name}{suffix}").write_text(code, encoding="utf-8")
            assert output_of(*command, *map(str, Path(folder).iterdir())) == ""


def test_python_imports_quote_only_where_it_is_used(tmp_path: Path) -> None:
    for combination in offered_combinations("aiclient-2-api"):
        if combination.language == "python" and combination.protocol == "gemini-generate":
            code = make_combination(combination, model="a model/b").code
            assert ("quote(MODEL" in code) == (combination.library in ("requests", "httpx"))
            (tmp_path / f"{name_of(combination)}.py").write_text(code, encoding="utf-8")
    assert output_of(*RUFF, str(tmp_path)) == ""


def test_no_function_of_a_tool_hides_a_name_that_its_program_uses() -> None:
    names = set()
    for code in (code for name, code in programs("python")[0].items() if "-tools-" in name):
        for node in ast.parse(code).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    assert {"TOOLS", "BASE_URL", "client", "run_tool", "requests"} <= names
    assert [name for name in sorted(names - {"get_time", "get_weather"}) if function_name(name) == name] == []


def test_a_fault_of_syntax_is_found(tmp_path: Path) -> None:
    file = tmp_path / "broken.mjs"
    file.write_text("const a = ;", encoding="utf-8")
    assert "broken.mjs" in output_of(*NODE, str(file))
