"""`write`: print one program."""

import re
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from chat_completions.cli import options, output
from chat_completions.errors import BadInput, NotOffered, full_package
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import nearest_to_request
from chat_completions.planning.types import Program, ProgramRequest


@click.command("write", cls=options.PromptCommand)
@click.argument("prompt", required=False)
@options.add_shared_options
@click.option("--language", help="See `list languages`.  [default: python]")
@click.option("--library", help="Client library; the language's first by default.")
@click.option(
    "--plain", is_flag=True, help="One plain curl command, as in documentation: --language shell --library plain."
)
@click.option("--stream", is_flag=True, help="Print the answer while it is written.")
@click.option("--async", "asynchronous", is_flag=True, help="Write coroutines, for programs on asyncio.")
@click.option("--fallback", is_flag=True, help="Use the alternative model automatically if the first is unavailable.")
@click.option("--auth", help="Authentication scheme, where a gateway has several.")
@click.option("--endpoint", help="Another endpoint of the gateway, by its name.")
@click.option("--system", help="A system message.")
@click.option("--messages", type=click.Path(path_type=Path), help="A conversation, as JSON or YAML.")
@click.option("--image", "images", multiple=True, help="An image: a file, a URL or a data URI (may be repeated).")
@click.option("--tools", type=click.Path(path_type=Path), help="Your tools, as JSON or YAML.")
@click.option("--schema", type=click.Path(path_type=Path), help="The JSON Schema of the answer, as JSON or YAML.")
@click.option("--base-url", help="Another base URL, such as that of a proxy.")
@click.option("--key", metavar="NAME", help="With --base-url instead of --gateway: its key's variable, or none.")
@click.option("--allow-http", is_flag=True, help="Accept a public host without TLS.")
@click.option("--format", "format_", type=click.Choice(["code", "markdown", "json"]), default="code", show_default=True)
@click.option("--output", "file", type=click.Path(path_type=Path), help="Write to this file; missing folders are made.")
@click.option("--force", is_flag=True, help="Replace the file of --output, whatever it holds.")
@click.option("--run", is_flag=True, help="Run it against the replay: no key needed.")
def write_command(format_: str, file: Path | None, run: bool, force: bool, plain: bool, **values: Any) -> None:
    """Write one program; PROMPT replaces the example's, `-` reads it from stdin."""
    _check_contradictions(format_, values, run=run, plain=plain)
    if plain:
        values |= {"language": "shell", "library": "plain"}
    request = options.program_request(values)
    try:
        program = _with_notes_on_files(generate_program(request))
    except NotOffered as problem:
        raise _with_nearest(problem, request) from problem
    if file is not None and format_ == "code":
        _check_module_name(file, program)
    if run:
        with full_package("--run"):
            from chat_completions.replay.server import find_interpreter, run_program
        interpreter = find_interpreter(program)
    text = {"code": lambda _: program.code, "markdown": output.markdown, "json": output.program_json}[format_](program)
    if file is None:
        click.echo(text, nl=False)
    else:
        output.save(file, text, force=force)
    if format_ == "code":
        click.echo(output.notes(program, file), err=True, nl=False)
    if run and run_program(program, interpreter, output.progress):
        sys.exit(1)


def _check_contradictions(format_: str, values: dict[str, Any], *, run: bool, plain: bool) -> None:
    if run and format_ == "json":
        raise BadInput("--run and --format json contradict each other.", "The program's output would spoil the JSON.")
    source = click.get_current_context().get_parameter_source("gateway")
    if values["key"] is not None and source is ParameterSource.COMMANDLINE:
        raise BadInput("--gateway and --key contradict each other.", "Name the variable in the gateway's file.")
    if plain and (values["language"] or values["library"]):
        raise BadInput("--plain contradicts --language and --library.", "Leave them out: it is a curl command.")


def _check_module_name(path: Path, program: Program) -> None:
    """Raise BadInput where a Python program under this name would be imported in place of a module that it needs."""
    if path.suffix != ".py":
        return
    imported = re.findall(r"^(?:import|from) (\w+)", program.code, re.MULTILINE)
    installed = re.findall(r"[A-Za-z][\w-]*", " ".join(program.install))
    if path.stem in {*sys.stdlib_module_names, *imported, *(name.replace("-", "_") for name in installed)}:
        raise BadInput(
            f"A program called {path.name!r} would hide the module {path.stem!r}, which it imports.",
            f"Name it otherwise, for example --output {path.with_name(program.filename)}",
        )


def _with_nearest(problem: NotOffered, request: ProgramRequest) -> NotOffered:
    """Return the same refusal with the nearest combination that works, where it is the names that do not."""
    nearest = nearest_to_request(request)
    return NotOffered(str(problem), f"{problem.hint} Nearest that works: {nearest}".strip()) if nearest else problem


def _with_notes_on_files(program: Program) -> Program:
    files = [image.source for image in program.plan.images if image.is_file]
    missing = [
        f"{file!r} does not exist yet: the program reads it when it runs" for file in files if not Path(file).is_file()
    ]
    return program._replace(notes=[*program.notes, *missing])
