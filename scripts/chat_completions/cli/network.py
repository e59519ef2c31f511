"""`check` and `replay`: ask a live gateway what works, and serve recorded responses on loopback."""

import sys
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import click

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.cli.options import add_format, as_json, progress
from chat_completions.live.check import Report, check_gateway
from chat_completions.live.client import find_target
from chat_completions.replay.cassette import load_exchanges, recorded_gateways
from chat_completions.replay.player import parse_fault
from chat_completions.replay.server import REPLAY_KEY, serve

YES = {True: "yes", False: "no", None: "unknown"}


@click.command("check")
@click.argument("gateway")
@click.option("--base-url", help="Another base URL than the gateway's own.")
@click.option("--allow-http", is_flag=True, help="Accept a public host without TLS.")
@add_format
def check_command(gateway: str, base_url: str | None, allow_http: bool, format_: str) -> None:
    """Ask a live gateway whether it accepts your key, which known models it lists and what credit is left."""
    target = find_target(gateway, base_url, allow_http=allow_http)
    report = check_gateway(target)
    if format_ == "json":
        click.echo(as_json({"schema": 2, **report._asdict()}), nl=False)
    else:
        click.echo("\n".join(_lines(target.gateway.name, report)))
    if not report.ok:
        sys.exit(1)


def _lines(name: str, report: Report) -> Iterator[str]:
    yield f"{name}, {report.address}, {report.date}"
    yield f"Reachable: {YES[report.reachable]}"
    accepted = YES[report.key_accepted] + (f" (by {report.known_by})" if report.key_accepted else "")
    yield f"Key accepted: {accepted}" if report.key_sent else "Key: none was sent"
    if report.problem:
        yield f"Problem: {report.problem}"
    listed, known, missing = report.models.values()
    if listed is not None:
        yield f"Models listed: {len(listed)}; of those known here: {', '.join(known or ()) or 'none'}"
    if missing:
        yield f"Not listed: {', '.join(missing)}"
    for credit, value in report.credits.items():
        yield f"Credit left: {value} ({credit})"
    if report.credits_problem:
        yield f"Credit left: unknown, {report.credits_problem}"
    if report.saved:
        yield f"Saved: {report.saved}; `choose` and `write` prefer listed models from now on"


@click.command("replay")
@click.argument("gateway", required=False)
@click.option("--port", type=int, default=8900, show_default=True, help="0 takes a free one.")
@click.option("--strict", is_flag=True, help="For tests: answer only what was recorded, else 404.")
@click.option("--fault", metavar="KIND[@N]", help="Inject a fault, N times: 401, 402, 429, 503, cut, slow, html.")
def replay_command(gateway: str | None, port: int, strict: bool, fault: str | None) -> None:
    """Serve a gateway, or all that were recorded, on loopback: no key needed. Ctrl-C ends it.

    It answers your own prompts, tools and schemas: from a recording where there is one, else with an example in
    the gateway's form. The key `wrong-key` is refused, any other accepted.
    """
    gateways = {loaded.id: loaded for loaded in map(load_gateway, [gateway] if gateway else recorded_gateways())}
    parsed = parse_fault(fault) if fault else None
    exchanges = [exchange for id_ in gateways for exchange in load_exchanges(id_)]
    with serve(exchanges, {} if strict else gateways, port=port, fault=parsed, report=progress) as server:
        progress(f"Replaying {', '.join(served.name for served in gateways.values())} on {server.url}")
        click.echo("\n".join(settings(gateways, server.url, REPLAY_KEY)))
        sys.stdout.flush()
        threading.Event().wait()


def settings(gateways: Mapping[str, Gateway], url: str, key: str) -> Iterator[str]:
    """Yield the shell lines that send programs to the replay."""
    for gateway in gateways.values():
        name = f"/{gateway.id}" if len(gateways) > 1 else ""
        yield f"export {gateway.base_url_env}={url}{name}{urlsplit(gateway.base_url).path.rstrip('/')}"
        variables = dict.fromkeys(auth.key_env for auth in (*gateway.auth, *gateway.extra_keys))
        yield from (f"export {variable}={key}" for variable in variables if variable)
