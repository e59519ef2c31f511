"""Tries all cases of some tables on one variant and fails the test with everything that went wrong."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.case_runner import Program, framings, try_case
from support.case_table import Case, load
from support.running import missing
from support.variants import Variant, printed, program

AT_ONCE = 6
OWN_PROCESS = ("config", "retry", "net")  # groups that programs of every language meet in a process of their own


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
    programs = [printed(variant, **case.write) if case.write else usual for case, _ in jobs]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(_try, jobs, programs))
    found = [
        f"{case.id} ({framing}): " + "; ".join(one[:300] for one in wrong)
        for (case, framing), wrong in zip(jobs, results, strict=True)
        if wrong
    ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def _try(job: tuple[Case, str], tried: Program) -> list[str]:
    case, framing = job
    return try_case(case, tried, framing, shared=case.group not in OWN_PROCESS and not case.cold)


def skip_without_tools(variant: Variant) -> None:
    """Skip where this machine lacks what such programs need."""
    lacking = missing(variant.language, variant.library)
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(f"{variant} needs {lacking}")
    if lacking:
        pytest.skip(f"{variant} needs {lacking}")
