"""Resolve the names of a request, once, into objects that go together.

What does not go together raises NotOffered (exit code 3), with what does; a wrong name raises UnknownName.
"""

from typing import NamedTuple

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Auth, Endpoint, Gateway
from chat_completions.catalog.gateway_file import check_base_url
from chat_completions.catalog.gateway_loader import describe_gateway, load_gateway
from chat_completions.catalog.types import Language, Library, Protocol, Task
from chat_completions.errors import NotOffered, UnknownName
from chat_completions.planning.model_selection import select_model
from chat_completions.planning.option_checks import check_options, is_streamed
from chat_completions.planning.types import ModelChoice, ProgramRequest, Resolution

NO_MODEL = ModelChoice(model="", rule="", reason="this task uses no model")


class Objects(NamedTuple):
    """What the names of a request refer to, whether they go together or not."""

    request: ProgramRequest  # with the id of its protocol
    gateway: Gateway
    task: Task
    language: Language
    library: Library


def resolve(request: ProgramRequest, gateway: Gateway | None = None) -> Resolution:
    """Return the objects that the names of a request refer to; `gateway` is the one named, where it is loaded."""
    return combine(find_objects(request, gateway))


def find_objects(request: ProgramRequest, gateway: Gateway | None = None) -> Objects:
    """Return the objects of these names."""
    gateway, task = gateway or _find_gateway(request), load.load_task(request.task)
    if request.base_url is not None and request.key is None:
        allow_http = request.allow_http or gateway.allow_http
        gateway = gateway._replace(base_url=check_base_url(request.base_url, allow_http=allow_http))
    language = load.load_language(request.language or task.language or "python")
    protocol = request.protocol
    if protocol not in (None, *gateway.endpoints):  # by another name, or one that the gateway does not have
        protocol = load.find_id("protocol", str(protocol))
    library = _find_library(request.library, language, task.kind)
    return Objects(request._replace(protocol=protocol), gateway, task, language, library)


def combine(objects: Objects) -> Resolution:
    """Return the objects with the first protocol on which they go together, and what follows from it."""
    request, gateway, task, language, _ = objects
    if task.language not in ("", language.id):
        raise NotOffered(f"{task.id!r} is written for {task.language} only.", "Leave --language out.")
    protocol, choice = _first_protocol(objects)
    endpoint, auth = _find_endpoint(objects, protocol), _find_auth(objects, protocol)
    stream = is_streamed(request, gateway, task, protocol)
    resolution = Resolution(*objects, protocol, endpoint, auth, stream, choice)
    check_options(resolution)
    return resolution


def _find_gateway(request: ProgramRequest) -> Gateway:
    """Return the gateway of that name or file, or the one that --base-url, --key and --model describe."""
    if request.key is None:
        return load_gateway(request.gateway)
    models = [request.model] if request.model else []
    return describe_gateway(request.base_url or "", request.key, models, allow_http=request.allow_http)


def _find_library(name: str | None, language: Language, kind: str) -> Library:
    """Return the library of that name, or the language's first that can do this kind of task."""
    id_ = load.find_name(name, {id_: library.aliases for id_, library in language.libraries.items()}) if name else None
    if name and id_ is None:
        raise UnknownName(f"{language.name} library", name, language.libraries)
    able = (other for other, library in language.libraries.items() if kind not in library.unsupported)
    return language.libraries[id_ or next(able, None) or next(iter(language.libraries))]


def _first_protocol(objects: Objects) -> tuple[Protocol, ModelChoice]:
    """Return the first common protocol on which the gateway has a model for the task, and that model."""
    request, gateway, task, *_ = objects
    offered = _common_protocols(objects)
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


def _common_protocols(objects: Objects) -> list[str]:
    """Return the protocols that the gateway, the task and the library support, in the gateway's order.

    Only the one that the request names, or first those on which its model answers. NotOffered names those that work.
    """
    request, gateway, task, language, library = objects
    if task.kind in library.unsupported:
        raise NotOffered(f"{library.id} does not offer {task.id!r}: {library.unsupported[task.kind]}.")
    served = [name for name in gateway.endpoints if name in task.body and _endpoints_for(task, gateway, name)]
    written = [name for name in task.body if load.has_template(language, library, task.template, name)]
    offered = [name for name in served if name in library.protocols and name in written]
    if not written:
        raise NotOffered(f"There is no program for {task.id!r} with {library.id}.", "Choose another --library.")
    if request.protocol in offered:
        return [request.protocol]
    if request.protocol is None and offered:
        served_on = gateway.model(request.model).protocols if request.model else ()
        return sorted(offered, key=lambda name: name not in served_on)
    supported = ", ".join(offered or gateway.endpoints)
    library_name = f" with {library.id}" if offered != served else ""
    on = f" on {request.protocol!r}" if request.protocol else ""
    raise NotOffered(
        f"{gateway.name} does not offer {task.id!r}{library_name}{on}.",
        f"Supported protocols{' there' if offered else f' of {gateway.name}'}: {supported}.",
    )


def _find_endpoint(objects: Objects, protocol: Protocol) -> Endpoint:
    """Return the endpoint of that name, or the first that serves this kind of task and suits the library.

    Raises UnknownName, or NotOffered where a client library cannot call that path.
    """
    request, gateway, task, _, library = objects
    serving = _endpoints_for(task, gateway, protocol.id)
    ends = tuple(protocol.sdk_paths) if library.sdk else ""
    suited = [endpoint for endpoint in serving if endpoint.path.endswith(ends)]
    if request.endpoint is None and suited:
        return suited[0]
    named = [endpoint for endpoint in serving if endpoint.name == request.endpoint]
    if request.endpoint is not None and not named:
        raise UnknownName("endpoint", request.endpoint, [endpoint.name for endpoint in serving])
    if not named or named[0] not in suited:
        path = (named or serving)[0].path
        moved = library.sdk and (gateway.base_url + path).endswith(ends)
        raise NotOffered(
            f"{library.id} cannot call {path} of {gateway.name}: it appends {' or '.join(ends)} itself.",
            "Move the end of base_url into each path of the file." if moved else "Choose another --library.",
        )
    return named[0]


def _find_auth(objects: Objects, protocol: Protocol) -> Auth:
    """Return the authentication scheme of that name, or the first usual one of the protocol that the library has.

    Raises UnknownName, or NotOffered where the library has no such header.
    """
    request, gateway, _, _, library = objects
    suited = [auth for auth in gateway.auth if library.auth_header in ("", auth.header)]
    usual = [auth for auth in suited if not auth.protocols or protocol.id in auth.protocols]
    named = [auth for auth in gateway.auth if auth.name == request.auth]
    if request.auth is not None and not named:
        raise UnknownName("authentication scheme", request.auth, [auth.name for auth in gateway.auth])
    for auth in named or usual or suited:
        if auth in suited:
            return auth
    works = ", ".join(auth.name for auth in suited) or "none of this gateway"
    raise NotOffered(f"{library.id} sends the key in {library.auth_header} only.", f"Schemes that do: {works}.")


def _endpoints_for(task: Task, gateway: Gateway, protocol: str) -> list[Endpoint]:
    endpoints = gateway.endpoints[protocol]
    return [endpoint for endpoint in endpoints if not endpoint.kinds or task.kind in endpoint.kinds]
