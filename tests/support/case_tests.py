"""Tries all cases of some tables on one variant and fails the test with everything that went wrong."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.case_runner import framings, try_case
from support.case_table import load
from support.running import missing
from support.variants import Variant, printed, program

AT_ONCE = 6


def check_variant(variant: Variant, *tables: str, full: bool, only: str = "") -> None:
    """Fail with what is wrong with any case of these tables that binds this variant."""
    skip_without_tools(variant)
    usual = program(variant)
    jobs = [
        (case, framing)
        for table in tables
        for case in usual.bound(load(table))
        if (only == case.id if only else full or case.usual(variant.protocol, variant.mode))
        for framing in framings(case, full=full or bool(only))
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        programs = [printed(variant, **case.write) if case.write else usual for case, _ in jobs]
        results = list(pool.map(try_case, (case for case, _ in jobs), programs, (framing for _, framing in jobs)))
    found = [
        f"{case.id} ({framing}): " + "; ".join(one[:300] for one in wrong)
        for (case, framing), wrong in zip(jobs, results, strict=True)
        if wrong
    ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def skip_without_tools(variant: Variant) -> None:
    """Skip where this machine lacks what such programs need."""
    lacking = missing(variant.language, variant.library)
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(f"{variant} needs {lacking}")
    if lacking:
        pytest.skip(f"{variant} needs {lacking}")
