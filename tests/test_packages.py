"""A program whose library is not installed says so in one line."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from chat_completions.snippet import make
from support.programs import Shape, request

KEY = {"AITOLL_API_KEY": "key-of-the-tests-0123456789"}


@pytest.mark.parametrize("library", ["requests", "httpx", "openai"])
def test_python(library: str, tmp_path: Path) -> None:
    (tmp_path / f"{library}.py").write_text(f"raise ModuleNotFoundError('No module named {library}')")
    (tmp_path / "program.py").write_text(make(request(Shape("python", library, stream=True))).code)
    ran = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env={**os.environ, **KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert re.fullmatch(f"Error: a package is missing or too old: pip install '?{library}.*\n", ran.stderr)


def test_javascript(tmp_path: Path) -> None:
    if not shutil.which("node"):
        assert os.environ.get("CI") != "true"
        pytest.skip("needs node")
    (tmp_path / "program.mjs").write_text(make(request(Shape("javascript", "openai", stream=False))).code)
    ran = subprocess.run(
        ["node", "program.mjs"], cwd=tmp_path, env={**os.environ, **KEY}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr == "Error: a package is missing: npm install openai\n"
