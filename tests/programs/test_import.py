"""Printed programs can be imported: without a key, without a trace, and their functions raise."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from chat_completions.planning.combinations import offered_combinations
from support.case_runner import skip_without_tools
from support.importing import count_connections, try_import
from support.variants import GATEWAY, Variant, program, typescript_variants, variants, write_variant

TASKS = ("chat", "vision", "tools", "structured", "image", "models", "balance", "chatbot", "batch")
MODULES = [
    variant for variant in variants(*TASKS) if variant.language in ("python", "javascript") and variant.task != "vision"
]


@pytest.mark.parametrize("variant", MODULES, ids=str)
def test_import(variant: Variant) -> None:
    skip_without_tools(variant)
    if problems := try_import(program(variant)):
        pytest.fail("\n".join(problems), pytrace=False)


def test_pieces_of_a_message_are_put_together(tmp_path: Path) -> None:
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "reasoning_details": [{"type": "text", "text": "Hm", "format": "x-1", "index": 0}]},
        {"reasoning_details": [{"type": "text", "text": ", so", "format": "x-1", "index": 0}]},
        {"content": [{"type": "thinking", "thinking": "I"}]},
        {"content": [{"type": "text", "text": "I "}]},
        {"content": [{"type": "text", "text": "look."}]},
        {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '": 1}'}}]},
    ]
    message = {
        "role": "assistant",
        "reasoning_details": [{"type": "text", "text": "Hm, so", "format": "x-1", "index": 0}],
        "content": [{"type": "thinking", "thinking": "I"}, {"type": "text", "text": "I look."}],
        "tool_calls": [
            {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
        ],
    }
    python = write_variant(Variant("python-requests", task="tools", mode="stream")).code
    namespace: dict[str, Any] = {"__name__": "tools"}
    exec(compile(python, "tools.py", "exec"), namespace)  # noqa: S102 - our own program
    added: dict[str, Any] = {}
    for delta in json.loads(json.dumps(deltas)):
        namespace["add_delta"](added, delta)
    assert added == message
    javascript = write_variant(Variant("javascript-fetch", task="tools", mode="stream")).code
    functions = javascript[javascript.index("const WHOLE_FIELDS") : javascript.index("async function callTool")]
    script = f"{functions}\nconsole.log(JSON.stringify({json.dumps(deltas)}.reduce(addDelta, {{}})));"
    file = tmp_path / "pieces.mjs"
    file.write_text(script, encoding="utf-8")
    ran = subprocess.run(["node", str(file)], capture_output=True, check=True)
    assert json.loads(ran.stdout) == message


@pytest.mark.parametrize("library", ["requests", "httpx", "openai", "langchain", "litellm"])
def test_calls_share_a_client(library: str) -> None:
    """So a connection, and what a client takes to make, are there once."""
    variant = Variant(f"python-{library}")
    skip_without_tools(variant)
    assert count_connections(program(variant)) == 1


def test_no_kind_of_program_is_missing() -> None:
    """What the generator offers for these tasks is in variants.yaml."""
    offered = {
        Variant(
            f"{combination.language}-{combination.library}",
            combination.protocol,
            combination.task,
            "stream" if combination.stream else "whole",
            combination.asynchronous,
        )
        for combination in offered_combinations(GATEWAY)
        if combination.task in TASKS
        and combination.language != "react"
        and combination.library != "plain"
        and not (combination.task == "vision" and combination.stream)
    }
    listed = {*variants(*TASKS), *typescript_variants(*TASKS)}
    assert offered - listed == set()
    assert listed - offered == set()
