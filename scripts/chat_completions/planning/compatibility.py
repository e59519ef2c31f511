"""Which protocol, endpoint, authentication scheme and options go together.

A combination that does not work raises NotOffered (exit code 3) with one that does.
"""

from collections.abc import Sequence

from chat_completions.catalog.gateway import Auth, Endpoint, Gateway
from chat_completions.catalog.language import Language, Library
from chat_completions.catalog.protocol import Protocol
from chat_completions.catalog.task import Task
from chat_completions.errors import BadInput, NotOffered, UnknownName
from chat_completions.planning.types import ProgramRequest

KINDS_OF_OPTIONS = {"tools": ["tools"], "schema": ["structured"], "images": ["vision", "image-edit"]}
KINDS_WITHOUT_FALLBACK = ("ping", "models", "balance")
READS_PROMPTS = {
    "chatbot": "Leave it out: the program reads each turn when it runs; --system tells the model how to answer.",
    "batch": "Leave it out: the program reads a file of prompts, one on each line.",
}
KINDS_WITH_MESSAGES = ("text", "code", "reasoning", "tools", "structured", "vision")


def common_protocols(request: ProgramRequest, gateway: Gateway, task: Task, library: Library) -> list[str]:
    """Return the protocols that the gateway, the task and the library support, in the gateway's order.

    Only the protocol of the request, where it names one. Raises NotOffered with those that work.
    """
    if task.kind in library.unsupported:
        raise NotOffered(f"{library.id} does not offer {task.id!r}: {library.unsupported[task.kind]}.")
    served = [name for name, endpoints in gateway.endpoints.items() if name in task.body and _serving(endpoints, task)]
    offered = [name for name in served if name in library.protocols]
    if library.kinds and task.kind not in library.kinds:
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


def find_endpoint(
    request: ProgramRequest, gateway: Gateway, task: Task, protocol: Protocol, library: Library
) -> Endpoint:
    """Return the endpoint of that name, or the first that serves this kind of task and suits the library.

    Raises UnknownName, or NotOffered where a client library cannot call that path.
    """
    serving = _serving(gateway.endpoints[protocol.id], task)
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


def find_auth(request: ProgramRequest, gateway: Gateway, protocol: Protocol, library: Library) -> Auth:
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


def is_streamed(request: ProgramRequest, gateway: Gateway, task: Task, protocol: Protocol) -> bool:
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


def check_stream(gateway: Gateway, endpoint: Endpoint, library: Library) -> None:
    """Raise NotOffered where a client library cannot read the streams of the endpoint."""
    for event in endpoint.stream_lacks:
        if event in library.stream_needs:
            raise NotOffered(
                f"{library.id} cannot read streams without {event}, as {gateway.name} may send them.",
                "Leave --stream out, or choose another --library.",
            )


def check_library(
    request: ProgramRequest, gateway: Gateway, protocol: Protocol, endpoint: Endpoint, library: Library
) -> None:
    """Raise NotOffered where a client library does not support what the endpoint requires."""
    if request.fallback and not library.fallback:
        raise NotOffered(f"{library.id} asks one model only.", "Leave --fallback out, or choose another --library.")
    if not library.sdk:
        return
    if endpoint.query and not library.query:
        raise NotOffered(
            f"{library.id} cannot send the query parameters of {gateway.name}: {', '.join(endpoint.query)}.",
            "Choose another --library.",
        )
    in_path = "{model}" in endpoint.path and not any("{model}" in end for end in protocol.sdk_paths)
    if request.fallback and in_path:
        raise NotOffered(
            f"{library.id} has one address, and {gateway.name} has another one for each model.",
            "Leave --fallback out, or choose another --library.",
        )


def check_asynchronous(request: ProgramRequest, task: Task, language: Language, library: Library) -> None:
    """Raise NotOffered where the library has no asynchronous program for the task, and one is requested."""
    if not request.asynchronous or task.kind in library.async_kinds:
        return
    others = [other.id for other in language.libraries.values() if task.kind in other.async_kinds]
    raise NotOffered(
        f"{library.id} has no asynchronous program for the task {task.id!r}.",
        f"With --async use --library {' or '.join(others)}." if others else "Leave --async out.",
    )


def check_options(request: ProgramRequest, task: Task, library: Library) -> None:
    """Raise NotOffered for an option that the kind of task or the library does not support."""
    for name, kinds in KINDS_OF_OPTIONS.items():
        if getattr(request, name) and task.kind not in kinds:
            option = "--image" if name == "images" else f"--{name}"
            raise NotOffered(f"{option} does not go with the task {task.id!r}.", f"Use --task {kinds[0]}.")
    if request.fallback and task.kind in KINDS_WITHOUT_FALLBACK:
        raise NotOffered(f"--fallback does not go with the task {task.id!r}.", "Leave it out.")
    if request.prompt is not None and task.kind in READS_PROMPTS:
        raise NotOffered(f"A PROMPT does not go with the task {task.id!r}.", READS_PROMPTS[task.kind])
    if request.messages is not None and task.kind in READS_PROMPTS:
        raise NotOffered(f"--messages does not go with the task {task.id!r}.", "Use --task conversation.")
    if request.messages is not None and task.kind not in KINDS_WITH_MESSAGES:
        raise NotOffered(f"--messages does not go with the task {task.id!r}.", "Give a PROMPT.")
    roles = library.message_roles
    for number, message in enumerate(request.messages or () if roles else (), 1):
        if message["role"] not in roles or not isinstance(message["content"], str) or not message["content"]:
            raise NotOffered(
                f"{library.id} takes messages with text of {', '.join(roles)}, which message {number} is not.",
                "Choose another --language.",
            )


def _serving(endpoints: Sequence[Endpoint], task: Task) -> list[Endpoint]:
    return [endpoint for endpoint in endpoints if not endpoint.kinds or task.kind in endpoint.kinds]


def _with_model_first(offered: list[str], request: ProgramRequest, gateway: Gateway) -> list[str]:
    """Return the protocols, first those on which the model of the request is known to answer."""
    served = gateway.model(request.model).protocols if request.model else ()
    return sorted(offered, key=lambda name: name not in served)
