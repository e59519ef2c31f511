"""What a check saw, for people and for programs."""

from collections.abc import Iterator
from typing import Any

from chat_completions.live.check import Report

YES = {True: "yes", False: "no", None: "unknown"}


def as_data(report: Report) -> dict[str, Any]:
    """One JSON object."""
    listed = None if report.listed is None else list(report.listed)
    return {
        "schema": 1,
        "gateway": report.gateway,
        "address": report.address,
        "date": report.date,
        "ok": report.good,
        "reachable": report.reachable,
        "key_accepted": report.accepted,
        "known_by": report.by,
        "problem": report.problem,
        "models": {
            "listed": listed,
            "ours_listed": [one for one in report.ours if listed and one in listed],
            "ours_missing": [one for one in report.ours if listed and one not in listed],
        },
        "credits": dict(report.credits),
        "credits_problem": report.credit_problem,
        "saved": report.saved,
    }


def text(report: Report) -> str:
    """A few lines."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.name}, {report.address}, {report.date}"
    yield f"Reachable: {YES[report.reachable]}"
    yield f"Key accepted: {YES[report.accepted]}" + (f" (by {report.by})" if report.accepted and report.by else "")
    if report.problem:
        yield f"Problem: {report.problem}"
    if report.listed is not None:
        here = [one for one in report.ours if one in report.listed]
        gone = [one for one in report.ours if one not in report.listed]
        yield f"Models listed: {len(report.listed)}; of ours: {', '.join(here) or 'none'}"
        if gone:
            yield f"Not listed: {', '.join(gone)}"
    for name, value in report.credits.items():
        yield f"Credit left: {value} ({name})"
    if report.credit_problem:
        yield f"Credit left: unknown, {report.credit_problem}"
    if report.saved:
        yield f"Saved: {report.saved}; `choose` and `write` go by it from now on"
