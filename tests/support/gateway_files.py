"""Runs a printed program against a loopback address, with made-up keys in the environment."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_completions.planning.types import Program

from support.node_server import strip_types
from support.running import NODE

ROOT = Path(__file__).parents[2]
KEYS = {
    "MINE_API_KEY": "mine-secret-1",
    "OPENROUTER_API_KEY": "router-secret-2",
    "CF_AIG_TOKEN": "aig-secret-3",
    "VLLM_API_KEY": "vllm-secret-4",
}
FOREIGN = {"OPENAI_API_KEY": "foreign-1", "ANTHROPIC_API_KEY": "foreign-2", "GEMINI_API_KEY": "foreign-3"}


def run_against(
    program: Program, address: str, case: Mapping[str, Any], folder: Path, keys: Mapping[str, str] = KEYS
) -> subprocess.CompletedProcess[str]:
    """Run a program with its base URL's path at another address; `unset` of the case are keys that are missing."""
    typed = program.language == "typescript"
    file = folder / (f"{program.filename}.mjs" if typed else program.filename)
    file.write_text(strip_types(program.code) if typed else program.code, encoding="utf-8")
    modules = folder / "node_modules"
    if program.language in NODE:
        modules.symlink_to(ROOT / "node_modules")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {name: key for name, key in {**keys, **FOREIGN}.items() if name not in case.get("unset", ())}
    environment |= {program.plan.base_url_env: address + urlsplit(program.plan.base_url).path, "NO_PROXY": "*"}
    interpreter = "node" if program.language in NODE else {"python": sys.executable, "shell": "bash"}[program.language]
    command = [interpreter, str(file)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
