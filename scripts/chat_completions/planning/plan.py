"""Plan the HTTP request and collect every note for the user. The same facts give the same plan."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions.catalog.gateway import Auth, Gateway
from chat_completions.catalog.types import Protocol
from chat_completions.errors import NotOffered
from chat_completions.planning.messages import build_messages, check_contents
from chat_completions.planning.parameters import Parameters, read_parameters
from chat_completions.planning.request_body import Body, build_body
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import HttpRequest, Messages, ModelChoice, ProgramRequest, RequestPlan, Resolution


def plan_request(resolution: Resolution) -> tuple[RequestPlan, list[str]]:
    """Return the request, fully decided, and all notes for the user.

    Raises BadInput and NotOffered for options and parameters that cannot be sent.
    """
    check_contents(resolution)
    parameters = read_parameters(resolution)
    messages = build_messages(resolution, parameters.values)
    body = build_body(resolution, parameters.values, messages)
    notes = [
        *resolution.choice.notes,
        *parameters.notes,
        *parameters.notes_on_alternative,
        *_notes_on_defaults(resolution.protocol, parameters.values),
        *_notes_on_address(resolution.gateway.base_url, resolution.auth),
        *messages.notes,
        *(note for note in (resolution.endpoint.note, resolution.library.note) if note),
    ]
    return _plan(resolution, parameters, messages, body), notes


def choose_model(request: ProgramRequest) -> ModelChoice:
    """Return the model alone, on the first protocol of the gateway that has one for the task.

    Raises NotOffered for a task without a model, and the errors of `resolve`.
    """
    resolution = resolve(request)
    task, choice = resolution.task, resolution.choice
    if not task.uses_model:
        raise NotOffered(f"The task {task.id!r} uses no model.", f"Write its program: `write --task {task.id}`.")
    return choice._replace(notes=[*choice.notes, *read_parameters(resolution).notes])


def _plan(resolution: Resolution, parameters: Parameters, messages: Messages, body: Body) -> RequestPlan:
    return RequestPlan(
        template=resolution.task.template,
        protocol=resolution.protocol.id,
        stream=resolution.stream,
        asynchronous=resolution.request.asynchronous or resolution.task.asynchronous,
        gateway=resolution.gateway,
        auth=resolution.auth,
        http=_http_request(resolution, messages),
        model=resolution.choice.model,
        alternative=next(iter(resolution.choice.alternatives), ""),
        alternative_omits=parameters.alternative_omits,
        fallback=resolution.request.fallback,
        body=body.fields,
        extra_body=body.extra,
        first_round_body=body.first_round,
        messages=messages.messages,
        system_texts=messages.system,
        prompt=messages.prompt,
        instructions=messages.instructions,
        tools=resolution.tools,
        tool_definitions=body.tool_definitions,
        schema=resolution.schema,
        images=messages.images,
    )


def _http_request(resolution: Resolution, messages: Messages) -> HttpRequest:
    protocol, endpoint = resolution.protocol, resolution.endpoint
    path = endpoint.path
    if resolution.stream and protocol.streaming and protocol.streaming.path:
        whole, streamed = protocol.streaming.path
        path = path.replace(whole, streamed)
    path, _, query = path.partition("?")
    sdk_base_paths = (endpoint.path.removesuffix(end) for end in protocol.sdk_paths if endpoint.path.endswith(end))
    return HttpRequest(
        method=protocol.method,
        path=path,
        query={**endpoint.query, **dict(parse_qsl(query))},
        headers=_headers(protocol, resolution.gateway),
        sdk_base_path=next(sdk_base_paths, endpoint.path),
        multipart=protocol.multipart_images and bool(messages.images),
        poll_path=endpoint.poll_path,
        result_paths=endpoint.result_paths,
        read_timeout=resolution.task.read_timeout,
    )


def _notes_on_address(base_url: str, auth: Auth) -> list[str]:
    """Return a note where a request is sent unencrypted to another machine."""
    host = urlsplit(base_url).hostname or ""
    if not base_url.startswith("http:") or host in ("localhost", "::1") or host.startswith("127."):
        return []
    what = "the key and the prompt travel" if auth.key_env else "the prompt travels"
    return [f"{what} unencrypted to {host}: its address begins with http://"]


def _headers(protocol: Protocol, gateway: Gateway) -> dict[str, str]:
    """Return the fixed headers; the gateway's win, however they are capitalised."""
    replaced = {name.lower() for name in gateway.headers}
    kept = {name: value for name, value in protocol.headers.items() if name.lower() not in replaced}
    return {**kept, **gateway.headers}


def _notes_on_defaults(protocol: Protocol, params: dict[str, Any]) -> list[str]:
    return [
        f"{protocol.name} requires {name}: {value} is sent, --param {name}=NUMBER changes it"
        for name, value in protocol.defaults.items()
        if name not in params
    ]
