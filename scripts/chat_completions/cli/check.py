"""`check`: ask a live gateway what works."""

import json
import sys

import click

from chat_completions.errors import full_package


@click.command("check")
@click.argument("gateway")
@click.option("--base-url", help="Another base URL than the gateway's own.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(gateway: str, base_url: str | None, format_: str) -> None:
    """Ask a live gateway whether it accepts your key, which known models it lists and what credit is left."""
    with full_package("`check`"):
        from chat_completions.live.check import checked
        from chat_completions.live.opening import opened
        from chat_completions.live.report import as_data, text
    report = checked(opened(gateway, base_url))
    click.echo(json.dumps(as_data(report), ensure_ascii=False, indent=2) if format_ == "json" else text(report))
    if not report.good:
        sys.exit(1)
