"""Decides on protocol, model, endpoint, authentication scheme and streaming, so that all go together.

A combination that does not work raises NotOffered (exit code 3) with one that does.
"""

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Auth, Endpoint, Gateway
from chat_completions.catalog.types import Language, Library, Protocol, Task
from chat_completions.errors import BadInput, NotOffered, UnknownName
from chat_completions.planning.model_selection import select_model
from chat_completions.planning.option_checks import check_options
from chat_completions.planning.types import ModelChoice, ProgramRequest, Resolution

NO_MODEL = ModelChoice(model="", rule="", reason="this task uses no model")


def combine(request: ProgramRequest, gateway: Gateway, task: Task, language: Language, library: Library) -> Resolution:
    """Return the objects with the first protocol on which they go together.

    Raises NotOffered where there is none, UnknownName for a wrong name of an endpoint or authentication scheme.
    """
    if task.language not in ("", language.id):
        raise NotOffered(f"{task.id!r} is written for {task.language} only.", "Leave --language out.")
    protocol, choice = _first_protocol(request, gateway, task, language, library)
    endpoint = _find_endpoint(request, gateway, task, protocol, library)
    resolution = Resolution(
        request=request,
        gateway=gateway,
        task=task,
        language=language,
        library=library,
        protocol=protocol,
        endpoint=endpoint,
        auth=_find_auth(request, gateway, protocol, library),
        stream=_is_streamed(request, gateway, task, protocol),
        choice=choice,
    )
    check_options(resolution)
    return resolution


def _first_protocol(
    request: ProgramRequest, gateway: Gateway, task: Task, language: Language, library: Library
) -> tuple[Protocol, ModelChoice]:
    """Return the first common protocol on which the gateway has a model for the task, and that model."""
    offered = _common_protocols(request, gateway, task, language, library)
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


def _common_protocols(
    request: ProgramRequest, gateway: Gateway, task: Task, language: Language, library: Library
) -> list[str]:
    """Return the protocols that the gateway, the task and the library support, in the gateway's order.

    Only the protocol of the request, where it names one. Raises NotOffered with those that work.
    """
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
        return _with_model_first(offered, request, gateway)
    supported = ", ".join(offered or gateway.endpoints)
    library_name = f" with {library.id}" if offered != served else ""
    on = f" on {request.protocol!r}" if request.protocol else ""
    raise NotOffered(
        f"{gateway.name} does not offer {task.id!r}{library_name}{on}.",
        f"Supported protocols{' there' if offered else f' of {gateway.name}'}: {supported}.",
    )


def _find_endpoint(
    request: ProgramRequest, gateway: Gateway, task: Task, protocol: Protocol, library: Library
) -> Endpoint:
    """Return the endpoint of that name, or the first that serves this kind of task and suits the library.

    Raises UnknownName, or NotOffered where a client library cannot call that path.
    """
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


def _find_auth(request: ProgramRequest, gateway: Gateway, protocol: Protocol, library: Library) -> Auth:
    """Return the authentication scheme of that name, or the first usual one of the protocol that the library has.

    Raises UnknownName, or NotOffered where the library has no such header.
    """
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


def _is_streamed(request: ProgramRequest, gateway: Gateway, task: Task, protocol: Protocol) -> bool:
    """Return whether the answer is streamed: `--param stream=true` is `--stream`.

    Raises BadInput for a contradiction, NotOffered where the answer cannot be streamed, or comes only so.
    """
    parameter = request.params.get("stream")
    if request.stream and parameter is False:
        raise BadInput("--stream and --param stream=false contradict each other.", "Give one of them.")
    if task.always_streams and parameter is False:
        raise NotOffered(f"The answers of {task.id!r} are always streamed.", "Leave --param stream=false out.")
    stream = request.stream or parameter is True or task.always_streams
    if stream and not (task.streams and protocol.streaming):
        raise NotOffered(f"{task.id!r} on {protocol.id!r} does not support streaming.", "Leave --stream out.")
    streams_always = gateway.default_body.get(protocol.id, {}).get("stream") is True
    if streams_always and not stream and parameter is not False:
        can_stream = task.streams and protocol.streaming
        raise NotOffered(
            f"{gateway.name} answers {protocol.id!r} only as a stream: its file says `stream: true`.",
            "Add --stream." if can_stream else f"{task.id!r} does not support streaming.",
        )
    return stream


def _endpoints_for(task: Task, gateway: Gateway, protocol: str) -> list[Endpoint]:
    endpoints = gateway.endpoints[protocol]
    return [endpoint for endpoint in endpoints if not endpoint.kinds or task.kind in endpoint.kinds]


def _with_model_first(offered: list[str], request: ProgramRequest, gateway: Gateway) -> list[str]:
    """Return the protocols, first those on which the model of the request is known to answer."""
    served = gateway.model(request.model).protocols if request.model else ()
    return sorted(offered, key=lambda name: name not in served)
