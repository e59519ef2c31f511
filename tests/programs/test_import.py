"""Printed programs can be imported: without a key, without a trace, and their functions raise."""

import pytest
from chat_completions.planning.combinations import offered_combinations
from support.case_runner import skip_without_tools
from support.importing import try_import
from support.variants import GATEWAY, Variant, program, typescript_variants, variants

TASKS = ("chat", "vision", "tools", "structured", "image", "models", "balance", "chatbot", "batch")
MODULES = [one for one in variants(*TASKS) if one.language in ("python", "javascript") and one.task != "vision"]


@pytest.mark.parametrize("variant", MODULES, ids=str)
def test_import(variant: Variant) -> None:
    skip_without_tools(variant)
    if found := try_import(program(variant)):
        pytest.fail("\n".join(found), pytrace=False)


def test_no_kind_of_program_is_missing() -> None:
    """What the generator offers for these tasks is in variants.yaml."""
    offered = {
        Variant(
            f"{one.language}-{one.library}",
            one.protocol,
            one.task,
            "stream" if one.stream else "whole",
            one.asynchronous,
        )
        for one in offered_combinations(GATEWAY)
        if one.task in TASKS
        and one.language != "react"
        and one.library != "plain"
        and not (one.task == "vision" and one.stream)
    }
    listed = {*variants(*TASKS), *typescript_variants(*TASKS)}
    assert offered - listed == set()
    assert listed - offered == set()
