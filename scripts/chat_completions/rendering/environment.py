"""Renders a plan with the templates of one language."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from chat_completions.catalog.language import Language
from chat_completions.errors import BadData
from chat_completions.paths import templates
from chat_completions.planning.types import RequestPlan, Tool, Variable
from chat_completions.rendering import literals, typescript_types

_environments: dict[tuple[Path, str], Environment] = {}


def render(plan: RequestPlan, language: Language, library: str) -> str:
    """Return the whole program; values of the user's reach it only through the filters of `literals`.

    The template is `<language>/<library>/<kind>.jinja`, or a more special one beside it: `<kind>-stream`
    for a streamed answer, each with `.<protocol>` behind it where a protocol has a template of its own.
    """
    kinds = [f"{plan.kind}-stream", plan.kind] if plan.stream else [plan.kind]
    names = [f"{language.id}/{library}/{kind}{end}.jinja" for kind in kinds for end in (f".{plan.protocol}", "")]
    try:
        return _environment(language).select_template(names).render(plan=plan)
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        raise BadData(f"templates/{language.id}: {type(problem).__name__} {problem}") from problem


def _functions_by_name(tools: Sequence[Tool]) -> dict[str, Variable]:
    return {tool.name: Variable(literals.function_name(tool.name)) for tool in tools}


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

    def literal(value: Any, margin: int = 0, lead: int = 0) -> str:
        return literals.spell(value, language.literals, margin, lead)

    def keywords(value: Mapping[str, Any], margin: int = 0, lead: int = 0, *, packed: bool = False) -> str:
        return literals.keywords(value, language.literals, margin, lead, packed=packed)

    def field_name(name: str) -> str:
        return literals.field_name(name, language.literals)

    def type_of(schema: Any, margin: int = 0, lead: int = 0) -> str:
        return typescript_types.type_of(schema, language.literals, margin, lead)

    environment.globals["variable"] = Variable
    environment.globals["functions_by_name"] = _functions_by_name
    environment.filters.update(literal=literal, keywords=keywords, field_name=field_name, filled=literals.filled)
    environment.filters.update(
        quoted=literals.quoted,
        function_name=literals.function_name,
        signature=literals.signature,
        snake_case=literals.snake_case,
        type_of=type_of,
    )
    return environment
