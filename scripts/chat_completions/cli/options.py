"""What commands share: options, reading the files and the stdin that they name, writing lines, JSON and files."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from chat_completions.catalog.gateway import Auth
from chat_completions.catalog.user_files import check_conversation, check_schema, check_tools
from chat_completions.catalog.yaml_files import read_user_file
from chat_completions.errors import BadInput
from chat_completions.paths import replace_file
from chat_completions.planning.types import ProgramRequest

GATEWAY = "CHAT_COMPLETIONS_GATEWAY"
PRIORITIES = ["cost", "balanced", "quality"]
# What a file of the user's is for, where they name no task.
CHECKS: dict[str, Callable[[Any], Any]] = {"tools": check_tools, "schema": check_schema, "messages": check_conversation}
TASKS_OF_FILES = {"tools": "tools", "schema": "structured", "messages": "conversation"}


class PromptCommand(click.Command):
    """A command whose prompt may begin with dashes, as `-- and then?` does, and is one argument."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take an unknown option with a space in it for the prompt that it is."""
        arguments = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as problem:
            prompts = [text for text in arguments if text.startswith(problem.option_name) and " " in text.strip()]
            if not prompts or "--" in arguments:
                raise
            arguments.remove(prompts[0])
            return super().parse_args(ctx, [*arguments, "--", prompts[0]])
        except click.UsageError as problem:
            if "unexpected extra argument" not in problem.message:
                raise
            raise BadInput("The PROMPT is several arguments.", 'Put it in quotes: write "Say hello"') from None


class OutputFile(click.Path):
    """A file to write, and no folder, even one that does not exist."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path of the file."""
        if str(value).endswith("/"):
            raise BadInput(f"{value!r} is a folder.", "Name a file in it with --output.")
        return Path(str(super().convert(value, param, ctx)))


def add_shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that `write` and `choose` share."""
    options = [
        click.option(
            "--gateway", envvar=GATEWAY, default="aitoll", show_default=True, help="A name, or your own YAML file."
        ),
        click.option("--task", help="What the program does: see `list tasks`.  [default: chat]"),
        click.option("--protocol", help="API protocol; the gateway's first by default."),
        click.option("--priority", type=click.Choice(PRIORITIES), default="balanced", show_default=True),
        click.option("--model", help="This model, instead of the recommended one."),
        click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the request."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def add_format(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option of commands that print text or JSON."""
    kinds = click.Choice(["text", "json"])
    return click.option("--format", "format_", type=kinds, default="text", show_default=True)(command)


def progress(line: str) -> None:
    """Print one line to stderr."""
    click.echo(line, err=True)


def key_line(key: Auth) -> str:
    """Return the shell line that sets a key."""
    return f'export {key.key_env}="your-key"' + ("  # if it has one" if key.optional else "")


def as_json(data: Any) -> str:
    """Return data as the command prints JSON."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def save(path: Path, text: str, *, force: bool) -> None:
    """Write the whole file or nothing.

    A link keeps pointing where it points, a pipe or device is written to, a mode stays. BadInput where a file
    holds something else and `force` is false.
    """
    try:
        if path.is_dir():
            raise BadInput(f"{str(path)!r} is a folder.", "Name a file in it with --output.")
        path, data = path.resolve(), text.encode("utf-8")
        if path.is_file() and not force and path.read_bytes() != data:
            raise BadInput(f"{str(path)!r} exists and holds something else.", "Add --force, or another --output.")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            replace_file(path, data)
    except OSError as problem:
        in_file = isinstance(problem, (FileExistsError, NotADirectoryError))
        reason = "one of its folders is a file" if in_file else problem.strerror or type(problem).__name__
        raise BadInput(f"{str(path)!r} cannot be written: {reason}.", "Choose another --output.") from problem


def program_request(values: dict[str, Any]) -> ProgramRequest:
    """Return the request that the options make, with files and stdin read and all texts checked."""
    prompt, files = values.pop("prompt", None), {name: values.pop(name, None) for name in TASKS_OF_FILES}
    if prompt is not None and files["messages"] is not None:
        raise BadInput("PROMPT and --messages contradict each other.", "Put the prompt into the file's last message.")
    _check_names(values)
    contents = {name: read_user_file(path, name, CHECKS[name]) for name, path in files.items() if path is not None}
    tasks_of_files = [task for name, task in TASKS_OF_FILES.items() if name in contents]
    task = values.pop("task") or next(iter(tasks_of_files), "vision" if values.get("images") else "chat")
    params = _parameters(values.pop("params"))
    return ProgramRequest(prompt=_prompt(prompt), task=task, params=params, **contents, **values)


def _check_names(values: dict[str, Any]) -> None:
    for name in ("system", "model"):
        if values.get(name) is not None:
            _check_text(name, values[name])
    model = values.get("model")
    if model is not None and (not model or not model.isprintable()):
        raise BadInput("The model's name is empty or holds a control character.", "See `list models`.")
    if values.get("task") == "":
        raise BadInput("The task's name is empty.", "See `list tasks`.")


def _prompt(text: str | None) -> str | None:
    """Return the prompt as it is, or what stdin holds for `-`."""
    if text is None:
        return None
    prompt = _read_stdin() if text == "-" else _check_text("prompt", text)
    if not prompt.strip():
        raise BadInput("The PROMPT is empty.", "Write what to ask the model, or leave PROMPT out for an example.")
    return prompt


def _read_stdin() -> str:
    if sys.stdin is None:
        raise BadInput("There is no stdin to read the prompt from.", "Give the PROMPT itself.")
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadInput("The prompt on stdin is not UTF-8.", "Convert it first, for example with iconv.") from problem


def _parameters(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Return what `--param` gives: each value as JSON, else as text."""
    params: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise BadInput(f"--param {pair!r} is not NAME=VALUE.", "Write, for example, --param temperature=0.2")
        if name in params:
            raise BadInput(f"--param {name} is given twice.", "Give it once.")
        params[name] = _value(value)
    return params


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput("A --param holds half of a surrogate pair.", "Write the character itself.") from None
    except RecursionError:
        raise BadInput("A --param is nested too deeply.") from None
    except ValueError:
        return _check_text("param", text)
    else:
        return value


def _check_text(name: str, text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise BadInput(
            f"The {name} is not valid UTF-8, or holds half of a surrogate pair.", "Write it as UTF-8."
        ) from problem
    return text
