"""Show a program: as notes, as Markdown, as JSON, as a file."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import click

from chat_completions.errors import BadInput
from chat_completions.paths import replace_file
from chat_completions.planning.types import Program

FENCES = {"py": "python", "mjs": "javascript", "sh": "bash", "tsx": "tsx", "ts": "typescript"}


def progress(line: str) -> None:
    """Print one line to stderr."""
    click.echo(line, err=True)


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
    lines = [
        f'export {key.key_env}="your-key"' + ("  # if it has one" if key.optional else "") for key in program.plan.keys
    ]
    return program.setup or "; ".join(lines) or "nothing: this gateway asks for no key"


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


def as_json(data: Any) -> str:
    """Return data as the command prints JSON."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def program_json(program: Program) -> str:
    """Return one JSON object with all that is known of a program."""
    plan, (_, gateway, task, language, library, *_, choice) = program.plan, program.resolution
    return as_json(
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


def save(path: Path, text: str, *, force: bool) -> None:
    """Write the whole file or nothing: a temporary file first, then into its place.

    A link keeps pointing where it points, a pipe or device is written to, a mode stays. BadInput where a file
    holds something else and `force` is false.
    """
    if path.is_dir():
        raise BadInput(f"{str(path)!r} is a folder.", "Name a file in it with --output.")
    path, data = path.resolve(), text.encode("utf-8")
    try:
        if path.is_file() and not force and path.read_bytes() != data:
            raise BadInput(f"{str(path)!r} exists and holds something else.", "Add --force, or another --output.")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            replace_file(path, data)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise BadInput(f"{str(path)!r} cannot be written: {reason}.", "Choose another --output.") from problem


def _use_of_alternative(program: Program) -> str:
    """Return how the alternative model is used, if the program does so by itself."""
    return f", used automatically if {program.resolution.choice.model} is unavailable" if program.plan.fallback else ""


def _fence(code: str) -> str:
    """Return a fence longer than any run of backticks in the program, so that no text in it closes the block."""
    runs = re.findall("`+", code)
    return "`" * max([3, *(len(run) + 1 for run in runs)])
