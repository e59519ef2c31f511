"""`replay`: serve recorded responses on loopback."""

import sys
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import click

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.cli.output import progress
from chat_completions.errors import full_package


@click.command("replay")
@click.argument("gateway", required=False)
@click.option("--port", type=int, default=8900, show_default=True, help="0 takes a free one.")
@click.option("--strict", is_flag=True, help="For tests: answer only what was recorded, else 404.")
@click.option("--fault", metavar="KIND[@N]", help="Inject a fault, N times: 401, 402, 429, 503, cut, slow, html.")
def command(gateway: str | None, port: int, strict: bool, fault: str | None) -> None:
    """Serve a gateway, or all that were recorded, on loopback: no key needed. Ctrl-C ends it.

    It answers your own prompts, tools and schemas: from a recording where there is one, else with an example in
    the gateway's form. The key `wrong-key` is refused, any other accepted.
    """
    with full_package("`replay`"):
        from chat_completions.replay.cassette import load_exchanges, recorded_gateways
        from chat_completions.replay.responses import parse_fault
        from chat_completions.replay.server import REPLAY_KEY, serve
    names = [gateway] if gateway else recorded_gateways()
    gateways = {loaded.id: loaded for loaded in map(load_gateway, names)}
    parsed = parse_fault(fault) if fault else None
    exchanges = [exchange for id_ in gateways for exchange in load_exchanges(id_)]
    with serve(exchanges, {} if strict else gateways, port=port, fault=parsed, report=progress) as server:
        progress(f"Replaying {', '.join(served.name for served in gateways.values())} on {server.url}")
        for line in settings(gateways, server.url, REPLAY_KEY):
            click.echo(line)
        sys.stdout.flush()
        threading.Event().wait()


def settings(gateways: Mapping[str, Gateway], url: str, key: str) -> Iterator[str]:
    """Yield the shell lines that send programs to the replay."""
    for gateway in gateways.values():
        name = f"/{gateway.id}" if len(gateways) > 1 else ""
        yield f"export {gateway.base_url_env}={url}{name}{urlsplit(gateway.base_url).path.rstrip('/')}"
        variables = dict.fromkeys(auth.key_env for auth in (*gateway.auth, *gateway.extra_keys))
        yield from (f"export {variable}={key}" for variable in variables if variable)
