"""`check`: ask a live gateway what works."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from chat_completions.errors import full_package

if TYPE_CHECKING:
    from chat_completions.live.check import Report

YES = {True: "yes", False: "no", None: "unknown"}


@click.command("check")
@click.argument("gateway")
@click.option("--base-url", help="Another base URL than the gateway's own.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(gateway: str, base_url: str | None, format_: str) -> None:
    """Ask a live gateway whether it accepts your key, which known models it lists and what credit is left."""
    with full_package("`check`"):
        from chat_completions.live.check import check_gateway
        from chat_completions.live.client import find_target
    report = check_gateway(find_target(gateway, base_url))
    lines = [json.dumps(as_data(report), ensure_ascii=False, indent=2)] if format_ == "json" else as_lines(report)
    click.echo("\n".join(lines))
    if not report.good:
        sys.exit(1)


def as_data(report: "Report") -> dict[str, Any]:
    """Return a report as one JSON object."""
    listed = None if report.listed is None else list(report.listed)
    return {
        "schema": 2,
        "gateway": report.gateway,
        "address": report.address,
        "date": report.date,
        "ok": report.good,
        "reachable": report.reachable,
        "key_sent": report.key_sent,
        "key_accepted": report.accepted,
        "known_by": report.known_by,
        "problem": report.problem,
        "models": {
            "listed": listed,
            "recommended_listed": [model for model in report.recommended if listed and model in listed],
            "recommended_missing": [model for model in report.recommended if listed and model not in listed],
        },
        "credits": dict(report.credits),
        "credits_problem": report.credit_problem,
        "saved": report.saved,
    }


def as_lines(report: "Report") -> Iterator[str]:
    """Yield a report as a few lines."""
    yield f"{report.name}, {report.address}, {report.date}"
    yield f"Reachable: {YES[report.reachable]}"
    accepted = YES[report.accepted] + (f" (by {report.known_by})" if report.accepted else "")
    yield f"Key accepted: {accepted}" if report.key_sent else "Key: none was sent"
    if report.problem:
        yield f"Problem: {report.problem}"
    if report.listed is not None:
        listed = [model for model in report.recommended if model in report.listed]
        missing = [model for model in report.recommended if model not in report.listed]
        yield f"Models listed: {len(report.listed)}; of those known here: {', '.join(listed) or 'none'}"
        if missing:
            yield f"Not listed: {', '.join(missing)}"
    for name, value in report.credits.items():
        yield f"Credit left: {value} ({name})"
    if report.credit_problem:
        yield f"Credit left: unknown, {report.credit_problem}"
    if report.saved:
        yield f"Saved: {report.saved}; `choose` and `write` prefer listed models from now on"
