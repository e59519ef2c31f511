"""Check that task and client library support the options of a request; NotOffered (exit code 3) where they do not."""

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.types import Protocol, Task
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.types import ProgramRequest, Resolution

KINDS_OF_OPTIONS = {"tools": ["tools"], "schema": ["structured"], "images": ["vision", "image-edit"]}
KINDS_WITHOUT_FALLBACK = ("ping", "models", "balance")
READS_PROMPTS = {
    "chatbot": "Leave it out: the program reads each prompt when it runs; --system tells the model how to answer.",
    "batch": "Leave it out: the program reads a file of prompts, one on each line.",
}
KINDS_WITH_MESSAGES = ("chat", "code", "reasoning", "tools", "structured", "vision")


def check_options(resolution: Resolution) -> None:
    """Raise NotOffered for an option that the kind of task or the library does not support."""
    _check_library(resolution)
    _check_asynchronous(resolution)
    _check_stream(resolution)
    _check_task(resolution)
    _check_messages(resolution)


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


def _check_library(resolution: Resolution) -> None:
    """Raise NotOffered where a client library does not support what the endpoint requires."""
    request, library, endpoint = resolution.request, resolution.library, resolution.endpoint
    if request.fallback and not library.fallback:
        raise NotOffered(f"{library.id} supports one model only.", "Leave --fallback out, or choose another --library.")
    if not library.sdk:
        return
    if endpoint.query and not library.query:
        raise NotOffered(
            f"{library.id} cannot send the query parameters of {resolution.gateway.name}: {', '.join(endpoint.query)}.",
            "Choose another --library.",
        )
    in_path = "{model}" in endpoint.path and not any("{model}" in end for end in resolution.protocol.sdk_paths)
    if request.fallback and in_path:
        raise NotOffered(
            f"{library.id} has one address, and {resolution.gateway.name} has another one for each model.",
            "Leave --fallback out, or choose another --library.",
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


def _check_task(resolution: Resolution) -> None:
    """Raise NotOffered for an option that the kind of task does not support."""
    request, task = resolution.request, resolution.task
    for name, kinds in KINDS_OF_OPTIONS.items():
        if getattr(request, name) and task.kind not in kinds:
            option = "--image" if name == "images" else f"--{name}"
            raise NotOffered(f"{option} does not go with the task {task.id!r}.", f"Use --task {kinds[0]}.")
    if request.fallback and task.kind in KINDS_WITHOUT_FALLBACK:
        raise NotOffered(f"--fallback does not go with the task {task.id!r}.", "Leave it out.")
    if request.prompt is not None and task.kind in READS_PROMPTS:
        raise NotOffered(f"A PROMPT does not go with the task {task.id!r}.", READS_PROMPTS[task.kind])


def _check_messages(resolution: Resolution) -> None:
    """Raise NotOffered for a conversation that the kind of task or the library does not support."""
    task, library, messages = resolution.task, resolution.library, resolution.request.messages
    if messages is None:
        return
    if task.kind in READS_PROMPTS:
        raise NotOffered(f"--messages does not go with the task {task.id!r}.", "Use --task conversation.")
    if task.kind not in KINDS_WITH_MESSAGES:
        raise NotOffered(f"--messages does not go with the task {task.id!r}.", "Give a PROMPT.")
    roles = library.message_roles
    for number, message in enumerate(messages if roles else (), 1):
        if message["role"] not in roles or not isinstance(message["content"], str) or not message["content"]:
            raise NotOffered(
                f"{library.id} takes messages with text of {', '.join(roles)}, which message {number} is not.",
                "Choose another --language.",
            )
