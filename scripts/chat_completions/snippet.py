"""The whole program in one function: a request in, a snippet out."""

from typing import NamedTuple

from chat_completions import catalog, parameters
from chat_completions.choose import choose
from chat_completions.compose import compose, protocol_for
from chat_completions.errors import NotOffered, UnknownName
from chat_completions.render import render
from chat_completions.shapes import Choice, Gateway, Language, Library, Protocol, Request, Snippet, Task


class Pieces(NamedTuple):
    """What the words of a request stand for."""

    gateway: Gateway
    task: Task
    language: Language
    library: Library
    protocol: Protocol


def make(request: Request) -> Snippet:
    """The program that `request` asks for, with all there is to say about it.

    Raises UnknownName and BadInput for what the user got wrong, NotOffered for what does not
    go together, BadData for faults of our own files.
    """
    gateway, task, language, library, protocol = pieces(request)
    choice = choose(request, gateway, task, protocol.id, catalog.decision_table())
    call, caveats = compose(request, gateway, task, protocol, library, choice)
    filename = f"{gateway.id}-{task.id}.{language.extension}"  # not code.py: Python has a module of that name
    return Snippet(
        code=render(call, language, library.id),
        filename=filename,
        run=language.run.format(file=filename),
        install=[one for one in (library.install, *language.needs) if one],
        call=call,
        choice=choice,
        caveats=[*choice.caveats, *caveats, *([library.caveat] if library.caveat else [])],
        language=language.id,
        library=library.id,
    )


def decide(request: Request) -> Choice:
    """The choice alone, on the first protocol of the gateway that fills the deciding role.

    It needs no template, so it also answers for tasks that no program is written for.
    """
    gateway, task = catalog.gateway(request.gateway), catalog.task(request.task)
    _known_protocol(request.protocol, gateway)
    table, refusal = catalog.decision_table(), None
    for protocol in [request.protocol] if request.protocol else gateway.endpoints:
        try:
            choice = choose(request, gateway, task, protocol, table)
        except NotOffered as problem:
            refusal = refusal or problem
        else:
            return choice._replace(caveats=[*choice.caveats, *_told_of_parameters(request, gateway, protocol, choice)])
    raise refusal or NotOffered(f"{gateway.name} has no endpoint.", "Give its file one.")


def pieces(request: Request) -> Pieces:
    """The names of a request looked up; UnknownName or NotOffered where that fails."""
    gateway, task = catalog.gateway(request.gateway), catalog.task(request.task)
    language = catalog.language(request.language)
    name = request.library or next(iter(language.libraries))
    if name not in language.libraries:
        raise UnknownName(f"{language.name} library", name, language.libraries)
    library = language.libraries[name]
    _known_protocol(request.protocol, gateway)
    protocol = catalog.protocol(protocol_for(request, gateway, task, library))
    return Pieces(gateway, task, language, library, protocol)


def _known_protocol(name: str | None, gateway: Gateway) -> None:
    known = [*gateway.endpoints, *catalog.names("protocol")]
    if name is not None and name not in known:
        raise UnknownName("protocol", name, dict.fromkeys(known))


def _told_of_parameters(request: Request, gateway: Gateway, protocol: str, choice: Choice) -> list[str]:
    """The rules that `write` would apply to the parameters; nothing where no program is written yet."""
    if protocol not in catalog.names("protocol"):
        return []
    shape = catalog.protocol(protocol)
    told = parameters.check(request.params, gateway, shape)
    parameters.must_take(request.params, gateway.model(choice.model))
    return told
