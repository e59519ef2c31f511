"""Renders a plan with the templates of one language."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError

from chat_completions.catalog.types import Language, LiteralStyle
from chat_completions.errors import BadData
from chat_completions.paths import templates
from chat_completions.planning.types import RequestPlan, Variable, replace_variables
from chat_completions.rendering import declarations, literals

_environments: dict[tuple[Path, str], Environment] = {}


def render(plan: RequestPlan, language: Language, library: str) -> str:
    """Return the whole program; values of the user's reach it only through the filters of `literals`.

    The template is `<language>/<library>/<template>.jinja`, or a more special one beside it: `<template>-stream`
    for a streamed answer, each with `.<protocol>` behind it where a protocol has a template of its own.
    Raises BadData where the template fails.
    """
    stems = [f"{plan.template}-stream", plan.template] if plan.stream else [plan.template]
    names = [f"{language.id}/{library}/{stem}{end}.jinja" for stem in stems for end in (f".{plan.protocol}", "")]
    try:
        return _environment(language).select_template(names).render(plan=plan)
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        raise BadData(
            f"{_place(problem) or f'templates/{language.id}'}: {type(problem).__name__} {problem}"
        ) from problem


def _place(problem: Exception) -> str:
    """Return file and line of the template in which something failed, or an empty text."""
    from traceback import walk_tb  # needed only once something is wrong

    if isinstance(problem, TemplateSyntaxError):
        return f"templates/{problem.name}:{problem.lineno}"
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(problem.__traceback__)]
    places = [
        f"{Path(file).relative_to(templates().parent)}:{line}" for file, line in frames if file.endswith(".jinja")
    ]
    return places[-1] if places else ""


def _environment(language: Language) -> Environment:
    """Return the environment of a language; one process compiles each template once."""
    key = (templates(), language.id)
    if key not in _environments:
        _environments[key] = _new_environment(language)
    return _environments[key]


def _new_environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is source text, not HTML
        optimized=False,  # folding constants costs more than it saves where each template is rendered once
    )
    environment.globals.update(
        variable=Variable, functions_by_name=declarations.functions_by_name, typed=language.typed
    )
    environment.filters.update(_filters(language.literals))
    return environment


def _filters(style: LiteralStyle) -> dict[str, Callable[..., Any]]:
    """Return the filters of the templates, by the names that they have there."""
    return {
        "literal": partial(literals.write_literal, style),
        "keywords": partial(literals.write_keywords, style),
        "field_name": partial(literals.field_name, style),
        "type_of": partial(declarations.type_of, style),
        "filled": replace_variables,
        "quoted": literals.quote_for_shell,
        "function_name": declarations.function_name,
        "signature": declarations.signature,
        "snake_case": declarations.snake_case,
    }
