"""Turns a plan into source text with the templates of one language."""

from contextlib import suppress
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FunctionLoader, StrictUndefined, TemplateError
from jinja2.bccache import Bucket

from chat_completions import literals, shelf
from chat_completions.errors import BadData
from chat_completions.paths import cache_folder
from chat_completions.shapes import Language, RequestPlan


class Cache(FileSystemBytecodeCache):
    """Compiled templates for the next time; a disk that takes none is no failure."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one template."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def render(plan: RequestPlan, language: Language, library: str) -> str:
    """Return the whole program; values of the user's reach it only through the filters of `literals`.

    The template is `<language>/<library>/<kind>.jinja`, or a more special one beside it: `<kind>-stream`
    for a streamed answer, each with `.<protocol>` behind it where a protocol has a template of its own.
    """
    cache = cache_folder()
    environment = Environment(
        bytecode_cache=Cache(str(cache)) if cache else None,
        loader=FunctionLoader(lambda name: shelf.text("templates", name)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is source text, not HTML
    )

    def literal(value: Any, margin: int = 0, lead: int = 0) -> str:
        return literals.spell(value, language.literals, margin, lead)

    def spliced(value: Any, margin: int = 0, lead: int = 0) -> str:
        return literals.spell_spliced(value, language.literals, margin, lead)

    environment.filters.update(literal=literal, spliced=spliced, quoted=literals.quoted)
    kinds = [f"{plan.kind}-stream", plan.kind] if plan.stream else [plan.kind]
    names = [f"{language.id}/{library}/{kind}{end}.jinja" for kind in kinds for end in (f".{plan.protocol}", "")]
    try:
        return environment.select_template(names).render(plan=plan)
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        raise BadData(f"templates/{language.id}: {type(problem).__name__} {problem}") from problem
