"""The command line: the only room that prints, reads what the user names, and exits."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from chat_completions import __version__, cli_install, cli_live, explain, given
from chat_completions.errors import BadInput, ChatCompletionsError, NotOffered
from chat_completions.shapes import Request, Snippet

GATEWAY = "CHAT_COMPLETIONS_GATEWAY"
PRIORITIES = ["cost", "balanced", "quality"]


class ProseCommand(click.Command):
    """A command whose words may begin with dashes, as a prompt such as `-- and then?` does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Takes an unknown option with a space in it for the prompt that it is."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as problem:
            prose = [one for one in given if one.startswith(problem.option_name) and " " in one.strip()]
            if not prose or "--" in given:
                raise
            given.remove(prose[0])
            return super().parse_args(ctx, [*given, "--", prose[0]])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chat-completions")
def commands() -> None:
    """Write complete programs that call an LLM gateway, and say why each model was picked."""


def asks(command: Callable[..., None]) -> Callable[..., None]:
    """The options that `write` and `choose` share."""
    for option in reversed(
        [
            click.option(
                "--gateway", envvar=GATEWAY, default="aitoll", show_default=True, help="A name, or your own YAML file."
            ),
            click.option("--task", help="What the program does: see `list tasks`.  [default: chat]"),
            click.option("--protocol", help="The request shape; the gateway's first by default."),
            click.option("--priority", type=click.Choice(PRIORITIES), default="balanced", show_default=True),
            click.option("--model", help="This model, instead of the decision table's."),
            click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the request."),
        ]
    ):
        command = option(command)
    return command


@commands.command(cls=ProseCommand)
@click.argument("prompt", required=False)
@asks
@click.option("--language", default="python", show_default=True, help="See `list languages`.")
@click.option("--library", help="How it speaks HTTP; the language's first by default.")
@click.option("--stream", is_flag=True, help="Print the answer as it is written.")
@click.option("--fallback", is_flag=True, help="Ask the alternative model when the first is missing or down.")
@click.option("--auth", help="How the key travels, where a gateway has several ways.")
@click.option("--endpoint", help="Another path of the gateway.")
@click.option("--system", help="A system message.")
@click.option("--messages", type=click.Path(path_type=Path), help="A conversation, as JSON or YAML.")
@click.option("--image", "images", multiple=True, help="A picture: a file, a URL or a data URI (repeat it).")
@click.option("--tools", type=click.Path(path_type=Path), help="Your tools, as JSON or YAML.")
@click.option("--schema", type=click.Path(path_type=Path), help="The JSON Schema of the answer, as JSON or YAML.")
@click.option("--base-url", help="Send to another address, such as a proxy of yours.")
@click.option("--format", "format_", type=click.Choice(["code", "markdown", "json"]), default="code", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.option("--run", is_flag=True, help="Run it against replayed traffic: no key needed.")
def write(
    prompt: str | None, format_: str, output: Path | None, run: bool, messages: Path | None, **asked: Any
) -> None:
    """Write one program; PROMPT replaces the example's, `-` reads it from stdin."""
    from chat_completions.snippet import make

    if run and format_ == "json":
        raise BadInput("--run and --format json contradict each other.", "The program's output would spoil the JSON.")
    if prompt is not None and messages is not None:
        raise BadInput("PROMPT and --messages contradict each other.", "Put the prompt into the file as its last turn.")
    files = {"messages": messages, "tools": asked.pop("tools"), "schema": asked.pop("schema")}
    brought: dict[str, Any] = {name: None if path is None else given.own(name, path) for name, path in files.items()}
    if asked["task"] is None:
        asked["task"] = given.meant(brought, asked["images"])
    request = Request(prompt=given.prompt(prompt), **brought, **given.decoded(asked))
    try:
        snippet = _with_caveats_of_files(make(request))
    except NotOffered as problem:
        raise _with_nearest(problem, request) from problem
    trial = _run(snippet) if run else None
    shown = {"code": lambda _: snippet.code, "markdown": explain.markdown, "json": explain.as_json}[format_](snippet)
    if output is None:
        click.echo(shown, nl=False)
    else:
        given.save(output, shown)
    if format_ == "code":
        click.echo(explain.notes(snippet, output), err=True, nl=False)
    if trial is not None and trial():
        sys.exit(1)


@commands.command()
@asks
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def choose(format_: str, **asked: Any) -> None:
    """Say which model the decision table gives, why, and what speaks against it."""
    from chat_completions.snippet import decide

    asked["task"] = "chat" if asked["task"] is None else asked["task"]
    choice = decide(Request(**given.decoded(asked)))
    click.echo(explain.choice_json(choice) if format_ == "json" else explain.choice_text(choice), nl=False)


@commands.command("list")
@click.argument("kind", type=click.Choice(["gateways", "tasks", "languages", "models", "cells", "installed"]))
@click.option("--gateway", help="Only of this gateway.")
@click.option("--all", "everything", is_flag=True, help="Cells that are not offered too, with the reason.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(kind: str, gateway: str | None, everything: bool, format_: str) -> None:
    """List what there is, one a line."""
    from chat_completions import listing

    if kind == "installed":
        rows = cli_install.installing().installed()
    else:
        rows = listing.rows(kind, gateway, everything=everything)
    if format_ == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    for row in rows if format_ == "text" else ():
        click.echo(listing.line(kind, row))


for further_command in (*cli_install.COMMANDS, *cli_live.COMMANDS):
    commands.add_command(further_command)


def main() -> NoReturn:
    """Run the command; every failure is one line with a hint and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console of another encoding still gets every character
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        sys.exit(commands.main(standalone_mode=False, prog_name="chat-completions") or 0)
    except ChatCompletionsError as problem:
        _fail(str(problem), problem.hint, problem.exit_code)
    except click.UsageError as problem:
        if type(problem).__name__ == "NoArgsIsHelpError":  # click has it from 8.2 on
            click.echo(problem.format_message(), err=True)
            sys.exit(2)
        _fail(problem.format_message(), _usage_hint(problem), 2)
    except click.ClickException as problem:
        _fail(problem.format_message(), "", problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        os._exit(130)
    except BrokenPipeError:  # whoever read our output has gone
        os._exit(0)
    except OSError as problem:  # a full disk, a folder that may not be read
        _fail(f"{problem.filename or 'The output'}: {problem.strerror or type(problem).__name__}.", "", 1)
    except Exception as problem:  # noqa: BLE001 - nobody is shown a traceback
        _fail(f"Unexpected: {type(problem).__name__}: {str(problem)[:200]}", "Please report this as a fault.", 1)


def _fail(message: str, hint: str, code: int) -> NoReturn:
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    if hint:
        click.echo(f"Hint: {' '.join(hint.split())}", err=True)
    sys.exit(code)


def _usage_hint(problem: click.UsageError) -> str:
    if "Did you mean" in problem.format_message():
        return ""
    return f"See `{problem.ctx.command_path if problem.ctx else 'chat-completions'} --help`."


def _with_nearest(problem: NotOffered, request: Request) -> NotOffered:
    """The same refusal with the nearest cell that works, where it is the cell that is not offered."""
    from chat_completions import listing

    nearest = listing.nearest(request)
    return NotOffered(str(problem), f"{problem.hint} Nearest that works: {nearest}".strip()) if nearest else problem


def _with_caveats_of_files(snippet: Snippet) -> Snippet:
    sources = [one.source for one in snippet.plan.images if one.is_file]
    told = [f"{one!r} is not here now: the program reads it when it runs" for one in sources if not Path(one).is_file()]
    return snippet._replace(caveats=[*snippet.caveats, *told])


def _run(snippet: Snippet) -> Callable[[], int]:
    """What runs the program; NotOffered before anything was printed or saved."""
    trial: Callable[[], int] = cli_live.live("trial").prepared(snippet, cli_live.tell)
    return trial
