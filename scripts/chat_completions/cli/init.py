"""`init`: write a gateway file of the user's own, from a preset or for any other gateway."""

import json
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import click
import yaml

from chat_completions.catalog import gateway_loader
from chat_completions.catalog.gateway_file import check_base_url
from chat_completions.catalog.load import find_name, names
from chat_completions.cli import options
from chat_completions.errors import BadInput, UnknownName
from chat_completions.paths import config_folder, references

PLACEHOLDER = "YOUR-MODEL"
FILE = """\
name: {name}
base_url: {base_url}
key: {key}
{allow_http}models: [{models}]
# What else may stand here: references/gateway-files.md.
"""


@click.command("init")
@click.argument("name", required=False)
@click.option("--base-url", help="The address: of a gateway that is no preset, or your own in a preset.")
@click.option("--key", metavar="NAME", help="The variable that holds its key, or none.")
@click.option("--model", "models", multiple=True, help="A model of yours, the first one first (may be repeated).")
@click.option("--output", "file", type=options.OutputFile(), help="Write to this file instead of your folder.")
@click.option("--allow-http", is_flag=True, help="Accept a public host without TLS.")
@click.option("--force", is_flag=True, help="Replace the file, whatever it holds.")
def init_command(
    name: str | None,
    base_url: str | None,
    key: str | None,
    models: tuple[str, ...],
    file: Path | None,
    allow_http: bool,
    force: bool,
) -> None:
    """Write a commented gateway file: from a preset by its NAME, or with --base-url and --key for any other gateway.

    Without NAME and --base-url the presets are listed.
    """
    if base_url is None and key is None and name is None:
        for preset in preset_names():
            comment, *_ = _preset_file(preset).read_text(encoding="utf-8").splitlines()  # says what it is
            click.echo(f"{preset}\t{comment.lstrip('# ').rstrip()}")
        return
    if base_url is not None and not _find(name, preset_names()):
        id_, text = _file_of_options(name, base_url, key, models, allow_http=allow_http)
    else:
        address = base_url and check_base_url(base_url, allow_http=allow_http)
        id_, text = _file_of_preset(name, address, key, models, allow_http=allow_http)
    place = file or config_folder() / "gateways" / f"{id_}.yaml"
    options.save(place, text, force=force)
    is_path = place.suffix in (".yaml", ".yml", ".json") or "/" in str(place)
    _explain(place, id_ if file is None else str(place) if is_path else f"./{place}", text)


def preset_names() -> list[str]:
    """Return the names of the presets."""
    return sorted(path.stem for path in (references() / "presets").glob("[!.]*.yaml"))


def _find(name: str | None, known: Iterable[str]) -> str | None:
    """Return the one of `known` that is meant, or None."""
    return find_name(name or "", dict.fromkeys(known, ()))


def _preset_file(preset: str) -> Path:
    return references() / "presets" / f"{preset}.yaml"


def _file_of_preset(
    name: str | None, base_url: str | None, key: str | None, models: tuple[str, ...], *, allow_http: bool
) -> tuple[str, str]:
    """Return the id and the text of a preset, with the user's address and models in it."""
    if name is None or key is not None:
        raise BadInput(
            "--key is for a gateway of your own, with --base-url.",
            "A preset names its variable itself: leave --key out, or choose a NAME that is no preset.",
        )
    id_ = _find(name, preset_names())
    if id_ is None:
        if _find(name, gateway_loader.gateway_names()):
            raise BadInput(f"{name!r} needs no file.", f"Use it: write PROMPT --gateway {name}")
        raise UnknownName("preset", name, preset_names())
    text = _preset_file(id_).read_text(encoding="utf-8")
    if base_url:
        insecure = "\nallow_http: true" if allow_http else ""
        text = re.sub(r"(?m)^base_url: .*$", lambda _: f"base_url: {base_url}{insecure}", text)
    if models:
        text = re.sub(r"(?m)^models: .*$", lambda _: f"models: [{_as_yaml_items(models)}]", text)
    return id_, text


def _file_of_options(
    name: str | None, base_url: str, key: str | None, models: tuple[str, ...], *, allow_http: bool
) -> tuple[str, str]:
    """Return the id and the text of a file for a gateway that the options describe; BadInput names a wrong one."""
    if _find(name, names("gateway")):
        raise BadInput(f"{name!r} is a gateway that needs no file.", "Choose another NAME for a gateway of yours.")
    if key is None:
        raise BadInput("--base-url needs --key.", "Name the variable that holds the key, or write --key none.")
    gateway = gateway_loader.describe_gateway(base_url, key, list(models), allow_http=allow_http)
    shown = re.sub(r"[^\w .()-]+", "-", name or gateway.name)[:40]  # what the schema takes for a name
    text = FILE.format(
        name=json.dumps(shown, ensure_ascii=False),
        base_url=gateway.base_url,
        key=key,
        allow_http="allow_http: true\n" if allow_http else "",
        models=_as_yaml_items(models) or PLACEHOLDER,
    )
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name or "").strip("-").lower() or gateway.id, text


def _as_yaml_items(models: tuple[str, ...]) -> str:
    return ", ".join(json.dumps(model, ensure_ascii=False) for model in models)


def _explain(place: Path, name: str, text: str) -> None:
    """Say where the file is, what to fill in, and what to do next."""
    options.progress(f"Wrote {place}")
    missing = list(dict.fromkeys(re.findall(r"YOUR-[A-Z]+", re.sub("#.*", "", text))))
    if missing:
        options.progress(f"Fill in: {', '.join(missing)}")
    gateway = gateway_loader.build_user_gateway(yaml.safe_load(text), name)
    for auth in (gateway.auth[0], *gateway.extra_keys):
        if auth.key_env:
            options.progress(f"Setup: {options.key_line(auth)}")
    options.progress(f'Use: chat-completions write "Say hello" --gateway {shlex.quote(name)}')
