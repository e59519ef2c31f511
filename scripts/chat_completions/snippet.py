"""The whole program in one function: a request in, a snippet out."""

from collections.abc import Sequence
from typing import NamedTuple

from chat_completions import catalog, parameters
from chat_completions.choose import choose
from chat_completions.compose import compose
from chat_completions.errors import NotOffered, UnknownName
from chat_completions.offers import endpoint_for, protocols_for
from chat_completions.render import render
from chat_completions.shapes import Choice, Gateway, Language, Library, Protocol, Request, Snippet, Task

NO_MODEL = Choice(model="", row="", because="no model is asked", alternatives=(), caveats=(), evidence=())


class Pieces(NamedTuple):
    """What the words of a request stand for, and the model they lead to."""

    gateway: Gateway
    task: Task
    language: Language
    library: Library
    protocol: Protocol
    choice: Choice


def make(request: Request) -> Snippet:
    """The program that `request` asks for, with all there is to say about it.

    Raises UnknownName and BadInput for what the user got wrong, NotOffered for what does not
    go together, BadData for faults of our own files.
    """
    found = pieces(request)
    gateway, task, language, library, protocol, choice = found
    plan, caveats = compose(request, gateway, task, protocol, library, choice)
    filename = f"{gateway.id}-{task.id}.{language.extension}"  # not code.py: Python has a module of that name
    return Snippet(
        code=render(plan, language, library.id),
        filename=filename,
        run=(library.run or language.run).format(file=filename),
        install=[one for one in (library.install, *language.needs) if one],
        plan=plan,
        gateway=gateway.id,
        choice=choice,
        caveats=[*choice.caveats, *caveats, *([library.caveat] if library.caveat else [])],
        language=language.id,
        library=library.id,
        before=library.before.format(key=plan.auth.key),
    )


def decide(request: Request) -> Choice:
    """The choice alone, on the first protocol of the gateway that fills the deciding role."""
    gateway, task = catalog.gateway(request.gateway), catalog.task(request.task)
    _known_protocol(request.protocol, gateway)
    anything = Library(id="any library", install="", protocols=list(task.body))
    offered = protocols_for(request, gateway, task, anything)
    if not task.asks_model:
        raise NotOffered(f"The task {task.id!r} asks no model.", "Write its program: `write --task " + task.id + "`.")
    protocol, choice = _first_that_decides(request, gateway, task, offered)
    params = parameters.canonical(request.params, protocol)
    told = parameters.check(params, gateway, protocol, task.kind)
    parameters.must_take(params, gateway.model(choice.model))
    return choice._replace(caveats=[*choice.caveats, *told])


def pieces(request: Request) -> Pieces:
    """The names of a request looked up; UnknownName or NotOffered where that fails."""
    gateway, task = catalog.gateway(request.gateway), catalog.task(request.task)
    language = catalog.language(request.language)
    name = request.library or next(iter(language.libraries))
    if name not in language.libraries:
        raise UnknownName(f"{language.name} library", name, language.libraries)
    _known_protocol(request.protocol, gateway)
    return fitting(request, gateway, task, language, language.libraries[name])


def fitting(request: Request, gateway: Gateway, task: Task, language: Language, library: Library) -> Pieces:
    """The pieces with the protocol on which they fit together; NotOffered where there is none."""
    offered = protocols_for(request, gateway, task, library)
    protocol, choice = _first_that_decides(request, gateway, task, offered)
    endpoint_for(request, gateway, task, protocol, library)
    return Pieces(gateway, task, language, library, protocol, choice)


def _first_that_decides(
    request: Request, gateway: Gateway, task: Task, offered: Sequence[str]
) -> tuple[Protocol, Choice]:
    """The first of the protocols on which a row of the table decides, and what it decides."""
    if not task.asks_model:
        return catalog.protocol(offered[0]), NO_MODEL
    table, refusal = catalog.decision_table(), None
    for name in offered:
        try:
            return catalog.protocol(name), choose(request, gateway, task, name, table)
        except NotOffered as problem:
            refusal = refusal or problem
    raise refusal or NotOffered(f"{gateway.name} has no endpoint.", "Give its file one.")


def _known_protocol(name: str | None, gateway: Gateway) -> None:
    known = [*gateway.endpoints, *catalog.names("protocol")]
    if name is not None and name not in known:
        raise UnknownName("protocol", name, dict.fromkeys(known))
