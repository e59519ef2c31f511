"""Resolves the names of a request, once, into objects that go together."""

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.language import Language, Library
from chat_completions.catalog.protocol import Protocol
from chat_completions.catalog.task import Task
from chat_completions.errors import NotOffered, UnknownName, find_name
from chat_completions.planning.compatibility import (
    check_asynchronous,
    check_library,
    check_stream,
    common_protocols,
    find_auth,
    find_endpoint,
    is_streamed,
)
from chat_completions.planning.model_selection import select_model
from chat_completions.planning.types import ModelChoice, ProgramRequest, Resolution

NO_MODEL = ModelChoice(model="", rule="", reason="this task uses no model")


def resolve(request: ProgramRequest, gateway: Gateway | None = None) -> Resolution:
    """Return the objects that the names of a request refer to; `gateway` is the one named, where it is loaded.

    Raises UnknownName for a name that does not exist, NotOffered where the pieces do not go together.
    """
    gateway, task = gateway or find_gateway(request), load.load_task(request.task)
    language = find_language(request, task)
    request = request._replace(protocol=_protocol_name(request.protocol, gateway))
    return fit(request, gateway, task, language, find_library(request.library, language, task.kind))


def find_language(request: ProgramRequest, task: Task) -> Language:
    """Return the language that was named, or the task's own, or Python."""
    return load.load_language(request.language or task.language or "python")


def find_library(name: str | None, language: Language, kind: str) -> Library:
    """Return the library that is called so, or the language's first that can do this kind of task."""
    id_ = find_name(name, {id_: library.aliases for id_, library in language.libraries.items()}) if name else None
    if name and id_ is None:
        raise UnknownName(f"{language.name} library", name, language.libraries)
    able = (other for other, library in language.libraries.items() if kind not in library.unsupported)
    return language.libraries[id_ or next(able, None) or next(iter(language.libraries))]


def find_gateway(request: ProgramRequest) -> Gateway:
    """Return the gateway of that name or file, or the one that --base-url, --key and --model describe."""
    if request.key is None:
        return load.load_gateway(request.gateway)
    models = [request.model] if request.model else []
    return load.describe_gateway(request.base_url or "", request.key, models, allow_http=request.allow_http)


def fit(request: ProgramRequest, gateway: Gateway, task: Task, language: Language, library: Library) -> Resolution:
    """Return the pieces with the first protocol on which they go together; NotOffered where there is none."""
    if task.language not in ("", language.id):
        raise NotOffered(f"{task.id!r} is written for {task.language} only.", "Leave --language out.")
    protocol, choice = _first_protocol(request, gateway, task, library)
    endpoint = find_endpoint(request, gateway, task, protocol, library)
    check_library(request, gateway, protocol, endpoint, library)
    check_asynchronous(request, task, language, library)
    stream = is_streamed(request, gateway, task, protocol)
    if stream:
        check_stream(gateway, endpoint, library)
    return Resolution(
        request=request,
        gateway=gateway,
        task=task,
        language=language,
        library=library,
        protocol=protocol,
        endpoint=endpoint,
        auth=find_auth(request, gateway, protocol, library),
        stream=stream,
        choice=choice,
    )


def _first_protocol(
    request: ProgramRequest, gateway: Gateway, task: Task, library: Library
) -> tuple[Protocol, ModelChoice]:
    """Return the first common protocol on which the gateway has a model for the task, and that model."""
    offered = common_protocols(request, gateway, task, library)
    if not task.uses_model:
        return load.load_protocol(offered[0]), NO_MODEL
    table, refusal = load.load_decision_table(), None
    for name in offered:
        try:
            choice = select_model(request, gateway, task, name, table)
        except NotOffered as problem:
            refusal = refusal or problem
        else:
            return load.load_protocol(name), choice
    raise refusal or NotOffered(f"{gateway.name} has no endpoint.", "Add an endpoint to its file.")


def _protocol_name(name: str | None, gateway: Gateway) -> str | None:
    """Return the id of the protocol that is called so, for a protocol of the gateway's or any other."""
    return name if name is None or name in gateway.endpoints else load.find_id("protocol", name)
