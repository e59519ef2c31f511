"""`check`: ask a live gateway what works."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

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
    target = find_target(gateway, base_url)
    report = check_gateway(target)
    if format_ == "json":
        data = {"schema": 2, **report._asdict(), "models": report.models._asdict()}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_lines(target.gateway.name, report)))
    if not report.ok:
        sys.exit(1)


def _lines(name: str, report: "Report") -> Iterator[str]:
    yield f"{name}, {report.address}, {report.date}"
    yield f"Reachable: {YES[report.reachable]}"
    accepted = YES[report.key_accepted] + (f" (by {report.known_by})" if report.key_accepted else "")
    yield f"Key accepted: {accepted}" if report.key_sent else "Key: none was sent"
    if report.problem:
        yield f"Problem: {report.problem}"
    listed, known, missing = report.models
    if listed is not None:
        yield f"Models listed: {len(listed)}; of those known here: {', '.join(known) or 'none'}"
    if missing:
        yield f"Not listed: {', '.join(missing)}"
    for credit, value in report.credits.items():
        yield f"Credit left: {value} ({credit})"
    if report.credits_problem:
        yield f"Credit left: unknown, {report.credits_problem}"
    if report.saved:
        yield f"Saved: {report.saved}; `choose` and `write` prefer listed models from now on"
