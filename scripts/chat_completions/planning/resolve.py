"""Resolve the names of a request, once, into objects that go together.

What does not go together raises NotOffered (exit code 3), with what does; a wrong name raises UnknownName.
"""

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Auth, Endpoint, Gateway
from chat_completions.catalog.gateway_file import check_base_url
from chat_completions.catalog.gateway_loader import describe_gateway, load_gateway
from chat_completions.catalog.types import Language, Library, Protocol, Task
from chat_completions.errors import BadInput, NotOffered, UnknownName
from chat_completions.planning.model_selection import select_model
from chat_completions.planning.types import Objects, ProgramRequest, Resolution


def resolve(request: ProgramRequest, gateway: Gateway | None = None) -> Resolution:
    """Return the objects that the names of a request refer to; `gateway` is the one named, where it is loaded."""
    return combine(find_objects(request, gateway))


def find_objects(request: ProgramRequest, gateway: Gateway | None = None) -> Objects:
    """Return the objects of these names; --base-url, --key and --model may describe the gateway."""
    if request.key is not None:
        models = [request.model] if request.model else []
        gateway = describe_gateway(request.base_url or "", request.key, models, allow_http=request.allow_http)
    gateway, task = gateway or load_gateway(request.gateway), load.load_task(request.task)
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
    id_, choice = select_model(request, gateway, task, _common_protocols(objects))
    protocol = load.load_protocol(id_)
    endpoint, auth = _find_endpoint(objects, protocol), _find_auth(objects, protocol)
    stream = _is_streamed(request, gateway, task, protocol)
    resolution = Resolution(*objects, protocol, endpoint, auth, stream, choice)
    _check_fallback(resolution)
    _check_library(resolution)
    _check_asynchronous(resolution)
    _check_stream(resolution)
    return resolution


def _find_library(name: str | None, language: Language, kind: str) -> Library:
    """Return the library of that name, or the language's first that can do this kind of task."""
    id_ = load.find_name(name, {id_: library.aliases for id_, library in language.libraries.items()}) if name else None
    if name and id_ is None:
        raise UnknownName(f"{language.name} library", name, language.libraries)
    able = (other for other, library in language.libraries.items() if kind not in library.unsupported)
    return language.libraries[id_ or next(able, None) or next(iter(language.libraries))]


def _common_protocols(objects: Objects) -> list[str]:
    """Return the protocols that the gateway, the task and the library support, in the gateway's order.

    Only the one that the request names, or first those on which its model answers, then those with an endpoint that
    names this kind of task. NotOffered names those that work.
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
        made_for_it = [name for name in offered if any(task.kind in one.kinds for one in gateway.endpoints[name])]
        return sorted(offered, key=lambda name: (name not in served_on, name not in made_for_it))
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
    named = [endpoint for endpoint in serving if request.endpoint in (None, endpoint.name)]
    if not named:
        raise UnknownName("endpoint", str(request.endpoint), [endpoint.name for endpoint in serving])
    ends = tuple(protocol.sdk_paths) if library.sdk else ""
    suited = [endpoint for endpoint in named if endpoint.path.endswith(ends)]
    if not suited:
        path = named[0].path
        moved = library.sdk and (gateway.base_url + path).endswith(ends)
        raise NotOffered(
            f"{library.id} cannot call {path} of {gateway.name}: it appends {' or '.join(ends)} itself.",
            "Move the end of base_url into each path of the file." if moved else "Choose another --library.",
        )
    return suited[0]


def _endpoints_for(task: Task, gateway: Gateway, protocol: str) -> list[Endpoint]:
    endpoints = gateway.endpoints[protocol]
    return [endpoint for endpoint in endpoints if not endpoint.kinds or task.kind in endpoint.kinds]


def _find_auth(objects: Objects, protocol: Protocol) -> Auth:
    """Return the authentication scheme of that name, or the first usual one of the protocol that the library has.

    Raises UnknownName, or NotOffered where the library has no such header.
    """
    request, gateway, _, _, library = objects
    named = [auth for auth in gateway.auth if request.auth in (None, auth.name)]
    if not named:
        raise UnknownName("authentication scheme", str(request.auth), [auth.name for auth in gateway.auth])
    sent = [auth for auth in gateway.auth if library.auth_header in ("", auth.header)]
    suited = [auth for auth in named if auth in sent]
    if not suited:
        works = ", ".join(auth.name for auth in sent) or "none of this gateway"
        raise NotOffered(f"{library.id} sends the key in {library.auth_header} only.", f"Schemes that do: {works}.")
    usual = [auth for auth in suited if not auth.protocols or protocol.id in auth.protocols]
    return (usual or suited)[0]


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
    can_stream = task.streams and protocol.streaming
    if stream and not can_stream:
        raise NotOffered(f"{task.id!r} on {protocol.id!r} does not support streaming.", "Leave --stream out.")
    streams_always = gateway.default_body.get(protocol.id, {}).get("stream") is True
    if streams_always and not stream and parameter is not False:
        raise NotOffered(
            f"{gateway.name} answers {protocol.id!r} only as a stream: its file says `stream: true`.",
            "Add --stream." if can_stream else f"{task.id!r} does not support streaming.",
        )
    return stream


def _check_fallback(resolution: Resolution) -> None:
    """Raise NotOffered where a program is to use a second model, and there is none, or the library takes only one."""
    request, library, choice = resolution.request, resolution.library, resolution.choice
    if not request.fallback:
        return
    if not choice.alternatives:
        of_name = f"--model names {choice.model} alone" if request.model else "there is no second model"
        raise NotOffered(f"--fallback has nothing to fall back to: {of_name}.", "Leave one of the options out.")
    if not library.fallback:
        raise NotOffered(f"{library.id} supports one model only.", "Leave --fallback out, or choose another --library.")
    in_path = "{model}" in resolution.endpoint.path
    if library.sdk and in_path and not any("{model}" in end for end in resolution.protocol.sdk_paths):
        raise NotOffered(
            f"{library.id} has one address, and {resolution.gateway.name} has another one for each model.",
            "Leave --fallback out, or choose another --library.",
        )


def _check_library(resolution: Resolution) -> None:
    """Raise NotOffered where a client library does not support what the endpoint requires."""
    library, endpoint = resolution.library, resolution.endpoint
    if not library.sdk:
        return
    if endpoint.query and not library.query:
        raise NotOffered(
            f"{library.id} cannot send the query parameters of {resolution.gateway.name}: {', '.join(endpoint.query)}.",
            "Choose another --library.",
        )


def _check_asynchronous(resolution: Resolution) -> None:
    """Raise NotOffered where the library has no asynchronous program for the task, and one is requested."""
    task, library = resolution.task, resolution.library
    if not resolution.request.asynchronous or task.kind in library.async_kinds:
        return
    others = [other.id for other in resolution.language.libraries.values() if task.kind in other.async_kinds]
    raise NotOffered(
        f"{library.id} has no asynchronous program for the task {task.id!r}.",
        f"With --async use --library {' or '.join(others)}." if others else "Leave --async out.",
    )


def _check_stream(resolution: Resolution) -> None:
    """Raise NotOffered where a client library cannot stream the task, or cannot read the streams of the endpoint."""
    _, gateway, task, language, library, protocol, endpoint, *_ = resolution
    if not resolution.stream:
        return
    if reason := library.unsupported.get(f"{task.kind}-stream"):
        raise NotOffered(f"{library.id} does not stream the answers of {task.id!r}: {reason}.", "Leave --stream out.")
    streams_always = task.always_streams or task.template in library.whole_and_stream
    if not streams_always and not load.has_template(language, library, f"{task.template}-stream", protocol.id):
        raise NotOffered(f"There is no streamed program for {task.id!r} with {library.id}.", "Leave --stream out.")
    missing = [event for event in endpoint.stream_lacks if event in library.stream_needs]
    if missing:
        raise NotOffered(
            f"{library.id} cannot read streams without {missing[0]}, as {gateway.name} may send them.",
            "Leave --stream out, or choose another --library.",
        )
