"""The command and its failures: each is one line with a hint and an exit code."""

import gc
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import NoReturn

import click

from chat_completions import __version__
from chat_completions.errors import ChatCompletionsError, full_package

# The module of each command, which is imported when the command is called. The skill has only the first four.
COMMANDS = {
    "write": "write",
    "choose": "lookup",
    "list": "lookup",
    "init": "init",
    "check": "network",
    "replay": "network",
    "install": "install",
    "uninstall": "install",
}
GARBAGE_THRESHOLD = 100_000  # objects: most commands end before it, and collecting would slow them down


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that `write` does not pay for the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands that are here."""
        return [name for name, module in COMMANDS.items() if find_spec(f"chat_completions.cli.{module}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return the command of that name, or None; NotOffered where only the full package has it."""
        if cmd_name not in COMMANDS:
            return None
        with full_package(f"`{cmd_name}`"):
            module = import_module(f"chat_completions.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chat-completions")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.pass_context
def commands(context: click.Context, debug: bool) -> None:
    """Write complete programs that call an LLM gateway, and say why each model was picked."""
    context.obj = debug


def main() -> NoReturn:
    """Run the command and turn every failure into one line, a hint and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console of another encoding still gets every character
            stream.reconfigure(encoding="utf-8", errors="replace")
    gc.set_threshold(GARBAGE_THRESHOLD)
    debug = sys.argv[1:2] == ["--debug"]
    try:
        sys.exit(commands.main(standalone_mode=False, prog_name="chat-completions") or 0)
    except (KeyboardInterrupt, click.Abort):
        os._exit(130)
    except BrokenPipeError:  # the reader of our output has closed it
        os._exit(0)
    except Exception as problem:  # noqa: BLE001 - without --debug nobody is shown a traceback
        if debug:
            import traceback

            traceback.print_exc()
        message, hint, code = _describe(problem)
        for label, text in (("Error", message), ("Hint", hint)):
            if text:
                click.echo(f"{label}: {' '.join(text.split())}", err=True)
        sys.exit(code)
    finally:
        gc.freeze()  # the collection at exit would take longer than the rest of most commands


def _describe(problem: Exception) -> tuple[str, str, int]:
    """Return message, hint and exit code of a failure."""
    if isinstance(problem, ChatCompletionsError):
        return str(problem), problem.hint, problem.exit_code
    if type(problem).__name__ == "NoArgsIsHelpError":  # click has it from 8.2 on
        click.echo(str(problem), err=True)
        return "", "", 2
    if isinstance(problem, click.UsageError):
        command = problem.ctx.command_path if problem.ctx else "chat-completions"
        hint = "" if "Did you mean" in problem.format_message() else f"See `{command} --help`."
        return problem.format_message(), hint, 2
    if isinstance(problem, click.ClickException):
        return problem.format_message(), "", problem.exit_code
    if isinstance(problem, OSError):  # a full disk, a folder that may not be read
        return f"{problem.filename or 'The output'}: {problem.strerror or type(problem).__name__}.", "", 1
    text = f"Unexpected: {type(problem).__name__}: {str(problem)[:200]}"
    return text, "Please report this; `chat-completions --debug …` shows where it happened.", 1
