"""Generate the program for a request, from the templates of its language."""

import shlex
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError

from chat_completions.catalog.load import load_language
from chat_completions.catalog.types import Language, Library, LiteralStyle
from chat_completions.errors import BadData
from chat_completions.paths import templates
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import Program, ProgramRequest, RequestPlan, Variable, replace_variables
from chat_completions.rendering import literals, schema_types


def generate_program(request: ProgramRequest) -> Program:
    """Return the program for a request, with its notes, and how to install and run it.

    Raises UnknownName and BadInput for what the user got wrong, NotOffered for what does not
    go together, BadData for faults of our own files.
    """
    resolution = resolve(request)
    _, gateway, task, language, library, *_ = resolution
    plan, notes = plan_request(resolution)
    # Not code.py or chat.py alone: a file must not shadow a module that it imports.
    filename = f"{gateway.id}-{task.id}.{language.extension}"
    return Program(
        code=_render(plan, language.id, library.id),
        filename=filename,
        resolution=resolution,
        plan=plan,
        notes=notes,
        install=_install_lines(plan, language, library),
        run=" ".join([(library.run or language.run).format(file=filename), *task.arguments.split()]),
        setup=library.setup.format(key=plan.auth.key_env),
    )


def _install_lines(plan: RequestPlan, language: Language, library: Library) -> list[str]:
    """Return the command that installs the packages of a program, and what else it requires."""
    uses = (plan.protocol, plan.template, *(["stream"] if plan.stream else []))
    packages = [library.more_packages[use] for use in uses if use in library.more_packages]
    command = " ".join([library.install, *packages])
    requirements = library.requirements or language.requirements
    return [line for line in (command, *requirements) if line and line != "npm install"]


def _render(plan: RequestPlan, language: str, library: str) -> str:
    """Return the whole program; values of the user's reach it only through the filters of `literals`.

    The template is `<language>/<library>/<template>.jinja`, or a special one: `<template>-stream`
    for a streamed answer, each with `.<protocol>` behind it where a protocol has a template of its own.
    Raises BadData where the template fails.
    """
    stems = [f"{plan.template}-stream", plan.template] if plan.stream else [plan.template]
    names = [f"{language}/{library}/{stem}{end}.jinja" for stem in stems for end in (f".{plan.protocol}", "")]
    try:
        return _environment(templates(), language).select_template(names).render(plan=plan)
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        place = _place(problem) or f"templates/{language}"
        raise BadData(f"{place}: {type(problem).__name__} {problem}") from problem


def _place(problem: Exception) -> str:
    """Return file and line of the template in which something failed, or an empty text."""
    from traceback import walk_tb  # needed only once something is wrong

    if isinstance(problem, TemplateSyntaxError):
        return f"templates/{problem.name}:{problem.lineno}"
    frames = [(Path(frame.f_code.co_filename), line) for frame, line in walk_tb(problem.__traceback__)]
    places = [f"{file.relative_to(templates().parent)}:{line}" for file, line in frames if file.suffix == ".jinja"]
    return places[-1] if places else ""


@cache
def _environment(folder: Path, language_id: str) -> Environment:
    """Return the environment of a language; one process compiles each template once."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is source text, not HTML
        optimized=False,  # folding constants costs more than it saves where each template is rendered once
    )
    language = load_language(language_id)
    environment.globals.update(
        variable=Variable, functions_by_name=schema_types.functions_by_name, typed=language.typed
    )
    environment.filters.update(_filters(language.literals))
    return environment


def _filters(style: LiteralStyle) -> dict[str, Callable[..., Any]]:
    """Return the filters of the templates, by the names that they have there."""
    return {
        "literal": partial(literals.write_literal, style),
        "keywords": partial(literals.write_keywords, style),
        "field_name": partial(literals.field_name, style),
        "type_of": partial(schema_types.type_of, style),
        "filled": replace_variables,
        "quoted": shlex.quote,
        "function_name": schema_types.function_name,
        "signature": partial(schema_types.signature, style),
        "snake_case": literals.snake_case,
        "takes_others": schema_types.takes_others,
    }
