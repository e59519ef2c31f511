"""Decides how a request that no cassette holds is answered: from the nearest scene of its kind, or made up."""

import json
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from http import HTTPStatus
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Auth, Gateway
from chat_completions.replay.answers import FORMS, JSON_TYPE, Answer, ToolCall, as_json, write_answer, write_error
from chat_completions.replay.cassette import LABELS, Exchange
from chat_completions.replay.example_value import example_value
from chat_completions.replay.matching import ReceivedRequest, key_kind
from chat_completions.replay.request_contents import tool_results, user_tools, wanted_schema
from chat_completions.replay.request_kind import RequestKind, find_kind

MADE_UP = "made up"
MAX_CALLS = 2
COMPARED = 2000  # characters of a body that similarity is judged by
SAME_KIND = ("protocol", "stream", "polls", "makes_image")  # what a scene must have in common with a request


class Response(NamedTuple):
    """A response to send, and where it comes from."""

    status: int
    reason: str
    headers: Sequence[tuple[str, str]]
    chunks: Sequence[bytes]
    chunked: bool
    source: str


def replayed(exchange: Exchange, url: str) -> Response:
    """Return a recorded response; where it names the place that it came from, as of an image, stands ours."""
    chunks = [chunk.replace(exchange.origin.encode(), url.encode()) for chunk in exchange.chunks]
    dropped = ("content-length", "transfer-encoding")
    headers = [(name, value) for name, value in exchange.response_headers.items() if name not in dropped]
    return Response(exchange.status, exchange.reason, headers, chunks, exchange.chunked, exchange.source)


def error_response(
    status: int, message: str, kind: RequestKind | None, exchanges: Sequence[Exchange], gateway: Gateway | None
) -> Response:
    """Return an error as this gateway worded one, else in the form of the protocol."""
    for exchange in exchanges:
        theirs = gateway and find_kind(exchange.method, exchange.path, exchange.body, gateway)
        if exchange.status == status and kind and theirs and theirs.protocol == kind.protocol:
            return replayed(exchange, "")
    phrase = HTTPStatus(status).phrase
    name = {401: "authentication_error", 429: "rate_limit_error"}.get(status, phrase.lower().replace(" ", "_"))
    body = write_error(kind.protocol if kind else "", status, name, message)
    wait = [("retry-after", "1")] if status in (429, 503) else []
    return Response(status, phrase, [("content-type", JSON_TYPE), *wait], [body], chunked=False, source="constructed")


def has_right_key(request: ReceivedRequest, gateway: Gateway) -> bool:
    """Return whether a request carries the keys that the gateway wants; any is right but `wrong-key`."""
    needs_none = not gateway.auth or any(not auth.key or auth.optional for auth in gateway.auth)
    first = [_key_state(request, auth) for auth in gateway.auth if auth.key]
    right = True in first or (needs_none and False not in first)
    others = ((_key_state(request, extra), extra.optional) for extra in gateway.extra_keys)
    return right and all(state or (state is None and optional) for state, optional in others)


def _key_state(request: ReceivedRequest, auth: Auth) -> bool | None:
    """Return whether the key of a scheme is right, None where it is missing."""
    value = request.headers.get(auth.header.lower(), "")
    key = value[len(auth.prefix) :].strip() if value.lower().startswith(auth.prefix.lower()) else ""
    return key_kind(key) != "<wrong-key>" if key else None


def find_nearest(
    request: ReceivedRequest, kind: RequestKind, exchanges: Sequence[Exchange], gateways: Mapping[str, Gateway]
) -> Exchange | None:
    """Return the good response whose request is most like this one; None where there is none of its kind."""
    best: tuple[Any, ...] = ()
    nearest = None
    for exchange in exchanges:
        gateway = gateways.get(exchange.scene.partition("/")[0])
        theirs = gateway and find_kind(exchange.method, exchange.path, exchange.body, gateway)
        if not theirs or exchange.status != HTTPStatus.OK:
            continue
        if any(getattr(theirs, name) != getattr(kind, name) for name in SAME_KIND):
            continue
        is_single = not exchange.scene.endswith("batch")  # many prompts have short answers of their own
        likeness = _similarity(request.body, exchange.body)
        closeness = (*_closeness(kind, theirs), -LABELS.index(exchange.label), is_single, likeness)
        if closeness > best:
            best, nearest = closeness, exchange
    return nearest


def make_up(request: ReceivedRequest, kind: RequestKind, gateway: Gateway) -> Response | None:
    """Return an answer that fits the user's own tools or schema, or a list or balance; None for all else."""
    body = request.body if isinstance(request.body, Mapping) else {}
    if kind.protocol == "model-list":
        return _made_up(as_json({"object": "list", "data": [{"id": id_, "object": "model"} for id_ in gateway.models]}))
    if kind.protocol == "credit-balance":
        endpoint = gateway.endpoints[kind.protocol][0]
        data: Any = 100
        for name in reversed((endpoint.result_paths or ["balance"])[0].split(".")):
            data = {name: data}
        return _made_up(as_json(data))
    answer = _answer(body, kind)
    if answer is None or kind.protocol not in FORMS:
        return None
    content_type, chunks = write_answer(kind.protocol, answer, body.get("model", "replay"), stream=kind.stream)
    source = MADE_UP if _fits(body, answer) else f"{MADE_UP}, and does not fit every rule of the schema"
    return Response(200, "OK", [("content-type", content_type)], chunks, chunked=kind.stream, source=source)


def _fits(body: Mapping[str, Any], answer: Answer) -> bool:
    """Return whether made-up values fit their schemas, where the validator is installed."""
    try:
        import jsonschema
    except ImportError:
        return True
    schemas = {tool.name: tool.parameters for tool in user_tools(body)}
    pairs = [(call.arguments, schemas.get(call.name, {})) for call in answer.calls]
    if not pairs and wanted_schema(body) is not None:
        pairs = [(json.loads(answer.text), wanted_schema(body))]
    try:
        return all(jsonschema.Draft202012Validator(schema).is_valid(value) for value, schema in pairs)
    except Exception:  # noqa: BLE001 - a schema that is no schema: Gemini writes types in capitals
        return True


def _answer(body: Mapping[str, Any], kind: RequestKind) -> Answer | None:
    """Return the answer that the request wants, where a recorded one would not fit it."""
    schema = wanted_schema(body)
    if kind.has_tools and not kind.has_results and _tool_choice(body) != "none":
        return Answer("", _calls(body))
    if schema is not None:
        return Answer(json.dumps(example_value(schema), ensure_ascii=False))
    if kind.has_results:
        return Answer(f"The replay makes up this answer. The tools returned: {'; '.join(tool_results(body))}")
    return None


def _calls(body: Mapping[str, Any]) -> list[ToolCall]:
    """Return calls of the user's first tools, or of the one that must be called."""
    tools, choice = user_tools(body), _tool_choice(body)
    named = [tool for tool in tools if tool.name == choice]
    chosen = named or tools[: 1 if body.get("parallel_tool_calls") is False else MAX_CALLS]
    return [ToolCall(tool.name, example_value(tool.parameters) or {}) for tool in chosen]


def _tool_choice(body: Mapping[str, Any]) -> str:
    """Return `none`, the name of the tool that must be called, or something else."""
    choice = body.get("tool_choice") or (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if isinstance(choice, str):
        return choice
    allowed = choice.get("allowedFunctionNames") or [choice.get("name") or (choice.get("function") or {}).get("name")]
    mode = choice.get("mode", choice.get("type", ""))
    return str(allowed[0] or str(mode).lower())


def _made_up(body: bytes) -> Response:
    return Response(200, "OK", [("content-type", JSON_TYPE)], [body], chunked=False, source=MADE_UP)


def _closeness(kind: RequestKind, theirs: RequestKind) -> tuple[Any, ...]:
    same = [getattr(kind, name) == getattr(theirs, name) for name in RequestKind._fields if name.startswith("has_")]
    return sum(same), -abs(kind.turns - theirs.turns)


def _similarity(received: Any, recorded: Any) -> float:
    first, second = (json.dumps(body, sort_keys=True, default=str)[:COMPARED] for body in (received, recorded))
    return SequenceMatcher(None, first, second).quick_ratio()
