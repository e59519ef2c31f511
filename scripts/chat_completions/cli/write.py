"""`write`: print one program, as code with notes, as Markdown or as JSON."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from chat_completions.cli import options
from chat_completions.errors import BadInput, NotOffered, full_package
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import nearest_to_request
from chat_completions.planning.types import Program, ProgramRequest

FENCES = {"py": "python", "mjs": "javascript", "sh": "bash", "tsx": "tsx", "ts": "typescript"}


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
@click.option("--base-url", help="Another address of the gateway, or with --key that of one without a file.")
@click.option("--key", metavar="NAME", help="With --base-url instead of --gateway: its key's variable, or none.")
@click.option("--allow-http", is_flag=True, help="Accept a public host without TLS.")
@click.option("--format", "format_", type=click.Choice(["code", "markdown", "json"]), default="code", show_default=True)
@click.option("--output", "file", type=options.OutputFile(), help="Write to this file; missing folders are made.")
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
    if file is not None:
        _check_file_name(file, program, format_)
    elif sys.stdout is None:
        raise BadInput("There is no stdout to print the program to.", "Name a file with --output.")
    if run:
        with full_package("--run"):
            from chat_completions.replay.server import find_interpreter, run_program
        interpreter = find_interpreter(program)
    text = {"code": lambda _: program.code, "markdown": markdown, "json": program_json}[format_](program)
    if file is None:
        click.echo(text, nl=False)
    else:
        options.save(file, text, force=force)
    if format_ == "code":
        click.echo(notes(program, file), err=True, nl=False)
    if run and run_program(program, interpreter, options.progress):
        sys.exit(1)


def _check_contradictions(format_: str, values: dict[str, Any], *, run: bool, plain: bool) -> None:
    if run and format_ == "json":
        raise BadInput("--run and --format json contradict each other.", "The program's output would spoil the JSON.")
    source = click.get_current_context().get_parameter_source("gateway")
    if values["key"] is not None and source is ParameterSource.COMMANDLINE:
        raise BadInput("--gateway and --key contradict each other.", "Name the variable in the gateway's file.")
    if values["base_url"] is not None and values["key"] is None and source is ParameterSource.DEFAULT:
        hint = "Add `--key NAME_OF_ITS_VARIABLE`, or `--key none`; or the --gateway whose other address it is."
        raise BadInput("--base-url alone does not say whose key belongs there.", hint)
    if plain and (values["language"] or values["library"]):
        raise BadInput("--plain contradicts --language and --library.", "Leave them out: it is a curl command.")


def _check_file_name(path: Path, program: Program, format_: str) -> None:
    """Raise BadInput for stdout, the name of another language, and the name of a module that the program imports."""
    if path.name == "-":
        raise BadInput("--output names a file.", "Leave it out: the program goes to stdout.")
    extension, suffix = path.suffix[1:].lower(), Path(program.filename).suffix
    if format_ != "code":
        if extension in {*FENCES, "js"}:
            hint = f"Name it {path.with_suffix('.json' if format_ == 'json' else '.md').name!r}, or leave --format out."
            raise BadInput(f"{path.name!r} is the name of a program, not of --format {format_}.", hint)
        return
    if extension in {*FENCES, "js"} and f".{extension}" not in {suffix, ".js" if suffix == ".mjs" else ""}:
        raise BadInput(
            f"{path.name!r} is not a name for a program in {program.resolution.language.name}.",
            f"Name it {path.with_suffix(suffix).name!r}, or choose another --language.",
        )
    if suffix != ".py":
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
    if folder := next((file for file in files if Path(file).is_dir()), None):
        raise BadInput(f"--image {folder!r} is a folder.", "Name a file in it.")
    missing = [
        f"{file!r} does not exist yet: the program reads it when it runs" for file in files if not Path(file).is_file()
    ]
    return program._replace(notes=[*program.notes, *missing])


def notes(program: Program, file: Path | None) -> str:
    """Return the lines for stderr: model, reason, notes, what to set, install and run."""
    choice, name = program.resolution.choice, str(file or program.filename)
    name = shlex.quote(f"./{name}" if name.startswith("-") else name)  # never an option of the interpreter
    lines = [f"Model: {choice.model or 'none'}", f"Reason: {choice.reason}"]
    if choice.alternatives:
        lines.append(f"Alternative: {', '.join(choice.alternatives)}{_use_of_alternative(program)}")
    lines += [f"Note: {note}" for note in program.notes]
    if program.install:
        lines.append(f"Requires: {'; '.join(program.install)}")
    save_first = "" if file else f"save it as {program.filename}, then: "
    lines += [f"Setup: {setup(program)}", f"Run: {save_first}{program.run.replace(program.filename, name)}"]
    return "\n".join(lines) + "\n"


def setup(program: Program) -> str:
    """Return the shell line that sets the keys, or what else is to be done with them."""
    keys = "; ".join(map(options.key_line, program.plan.keys))
    return program.setup or keys or "nothing: this gateway asks for no key"


def markdown(program: Program) -> str:
    """Return the four-part answer: program, model, setup, images."""
    choice, fence = program.resolution.choice, _fence(program.code)
    alternative = (
        f" Alternative: `{choice.alternatives[0]}`{_use_of_alternative(program)}." if choice.alternatives else ""
    )
    items = "".join(f"\n- {note}" for note in program.notes)
    requires = "".join(f"{line}\n" if " install " in line else f"# requires {line}\n" for line in program.install)
    model = f"`{choice.model}`" if choice.model else "none"
    key = f"{'# ' if program.setup else ''}{setup(program)}"
    images = "this program prints text; an image in the answer is not saved."
    if program.plan.template in ("image", "image-edit"):
        images = "saved in the current folder; the program prints their names."
    return (
        f"**1. The program** (`{program.filename}`)\n\n"
        f"{fence}{FENCES[program.filename.rsplit('.', 1)[1]]}\n{program.code}{fence}\n\n"
        f"**2. The model**: {model} ({choice.reason}).{alternative}{items}\n\n"
        f"**3. Setup and run**\n\n```bash\n{requires}{key}\n{program.run}\n```\n\n"
        f"**4. Images**: {images}\n"
    )


def program_json(program: Program) -> str:
    """Return one JSON object with all that is known of a program."""
    plan, (_, gateway, task, language, library, *_, choice) = program.plan, program.resolution
    return options.as_json(
        {
            "schema": 2,
            "code": program.code,
            "filename": program.filename,
            "language": language.id,
            "library": library.id,
            "gateway": gateway.id,
            "protocol": plan.protocol,
            "task": task.id,
            "model": choice.model,
            "reason": choice.reason,
            "stream": plan.stream,
            "asynchronous": plan.asynchronous,
            "alternatives": choice.alternatives,
            "notes": program.notes,
            "install": program.install,
            "run": program.run,
            "env": {"key": plan.auth.key_env, "base_url": plan.gateway.base_url_env},
            "evidence": [evidence._asdict() for evidence in choice.evidence],
        }
    )


def _use_of_alternative(program: Program) -> str:
    """Return how the alternative model is used, if the program does so by itself."""
    return f", used automatically if {program.resolution.choice.model} is unavailable" if program.plan.fallback else ""


def _fence(code: str) -> str:
    """Return a fence longer than any run of backticks in the program, so that no text in it closes the block."""
    runs = re.findall("`+", code)
    return "`" * max([3, *(len(run) + 1 for run in runs)])
