"""Runs a printed program against a loopback address, with made-up keys in the environment."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from chat_completions.planning.types import Program

from support.running import Ran, run
from support.watching import Scene

KEYS = {
    "MINE_API_KEY": "mine-secret-1",
    "OPENROUTER_API_KEY": "router-secret-2",
    "CF_AIG_TOKEN": "aig-secret-3",
    "VLLM_API_KEY": "vllm-secret-4",
}
FOREIGN = {"OPENAI_API_KEY": "foreign-1", "ANTHROPIC_API_KEY": "foreign-2", "GEMINI_API_KEY": "foreign-3"}


def run_against(program: Program, address: str, case: Mapping[str, Any], keys: Mapping[str, str] = KEYS) -> Ran:
    """Run a program with its base URL's path at another address; `unset` of the case are keys that are missing."""
    environment = {name: key for name, key in {**keys, **FOREIGN}.items() if name not in case.get("unset", ())}
    environment[program.plan.base_url_env] = address + urlsplit(program.plan.base_url).path
    return run(program.code, program.language, environment, scene=Scene(warm=True, shared=True))
