"""Tries all cases of some tables on one variant and fails the test with everything that went wrong."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.case_runner import framings, try_case
from support.case_table import load
from support.running import missing
from support.variants import Variant, program

AT_ONCE = 8


def check_variant(variant: Variant, *tables: str, full: bool, only: str = "") -> None:
    """Fail with what is wrong with any case of these tables that binds this variant."""
    skip_without_tools(variant)
    tried = program(variant)
    jobs = [
        (case, framing)
        for table in tables
        for case in tried.bound(load(table))
        if (only == case.id if only else full or case.usual(variant.protocol, variant.mode))
        for framing in framings(case, variant.protocol, full=full or bool(only))
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda job: try_case(job[0], tried, job[1]), jobs))
    found = [
        f"{case.id} ({framing}): " + "; ".join(one[:300] for one in wrong)
        for (case, framing), wrong in zip(jobs, results, strict=True)
        if wrong
    ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def skip_without_tools(variant: Variant) -> None:
    """Skip where this machine lacks what such programs need."""
    language, _, library = variant.client.partition("-")
    if lacking := missing(language, library):
        pytest.skip(f"{variant} needs {lacking}")
