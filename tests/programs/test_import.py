"""Printed programs can be imported: without a key, without a trace, and their functions raise."""

import pytest
from chat_completions.planning.combinations import offered_combinations
from support.case_runner import skip_without_tools
from support.importing import count_connections, try_import
from support.variants import GATEWAY, Variant, program, typescript_variants, variants

TASKS = ("chat", "vision", "tools", "structured", "image", "models", "balance", "chatbot", "batch")
MODULES = [
    variant for variant in variants(*TASKS) if variant.language in ("python", "javascript") and variant.task != "vision"
]


@pytest.mark.parametrize("variant", MODULES, ids=str)
def test_import(variant: Variant) -> None:
    skip_without_tools(variant)
    if problems := try_import(program(variant)):
        pytest.fail("\n".join(problems), pytrace=False)


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
