"""Responses: recorded ones, errors, and answers that fit a request which no cassette holds."""

import json
import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from http import HTTPStatus
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Gateway
from chat_completions.json_values import put
from chat_completions.replay.answers import FORMS, JSON_TYPE, Answer, as_json, write_answer, write_error
from chat_completions.replay.cassette import LABELS, Exchange
from chat_completions.replay.example_value import example_value
from chat_completions.replay.matching import ReceivedRequest, bodies_match
from chat_completions.replay.request_kind import RequestKind, find_kind

GENERATED = "generated"
MAX_CALLS = 2
COMPARED = 2000  # characters of each body that are compared for similarity
ERROR_NAMES = {401: "authentication_error", 429: "rate_limit_error"}
Candidate = tuple[Exchange, Gateway]


class Response(NamedTuple):
    """A response to send, and its source; a fault may set a `pause` before each chunk or leave it incomplete."""

    status: int
    reason: str
    headers: Sequence[tuple[str, str]]
    chunks: Sequence[bytes]
    chunked: bool
    source: str
    pause: float = 0  # seconds
    complete: bool = True


def recorded_response(exchange: Exchange, url: str) -> Response:
    """Return a recorded response, with our URL in place of the address from which it came, as in a link to an image."""
    chunks = [chunk.replace(exchange.origin.encode(), url.encode()) for chunk in exchange.chunks]
    dropped = ("content-length", "transfer-encoding")
    headers = [(name, value) for name, value in exchange.response_headers.items() if name not in dropped]
    return Response(exchange.status, exchange.reason, headers, chunks, exchange.chunked, exchange.source)


def error_response(status: int, message: str, protocol: str = "", candidates: Iterable[Candidate] = ()) -> Response:
    """Return an error as the gateway words it in one of the candidates, else in the form of the protocol."""
    for exchange, gateway in candidates:
        if exchange.status == status:
            kind = find_kind(exchange.method, exchange.path, exchange.body, gateway)
            if kind and kind.protocol == protocol:
                return recorded_response(exchange, "")
    phrase = HTTPStatus(status).phrase
    body = write_error(protocol, status, ERROR_NAMES.get(status, phrase.lower().replace(" ", "_")), message)
    retry_after = [("retry-after", "1")] if status in (429, 503) else []
    headers = [("content-type", JSON_TYPE), *retry_after]
    return Response(status, phrase, headers, [body], chunked=False, source="constructed")


def find_nearest(request: ReceivedRequest, kind: RequestKind, candidates: Iterable[Candidate]) -> Exchange | None:
    """Return the good response whose request is most similar to this one; None where none has its form."""
    ranked: list[tuple[Any, ...]] = []
    for number, (exchange, gateway) in enumerate(candidates):
        theirs = find_kind(exchange.method, exchange.path, exchange.body, gateway)
        if theirs and theirs.form == kind.form and exchange.status == HTTPStatus.OK:
            ranked.append((*_similarity(request.body, kind, exchange, theirs), -number, exchange))
    return max(ranked)[-1] if ranked else None


def generated_response(body: Any, kind: RequestKind, gateway: Gateway) -> Response | None:
    """Return an answer that fits the user's tools or schema, or a list or balance; None for all else."""
    if kind.protocol == "model-list":
        models = [{"id": model, "object": "model"} for model in gateway.models]
        return _generated([as_json({"object": "list", "data": models})])
    if kind.protocol == "credit-balance":
        path = (gateway.endpoints[kind.protocol][0].result_paths or ["balance"])[0]
        return _generated([as_json(put(path.split("."), 100))])
    answer = _answer(body, kind) if kind.protocol in FORMS else None
    if answer is None:
        return None
    content_type, chunks = write_answer(kind.protocol, answer, body.get("model", "replay"), stream=kind.stream)
    response = _generated(chunks, content_type, chunked=kind.stream)
    return response if _fits(answer, kind) else response._replace(source=f"{GENERATED}, but not valid for its schema")


def _generated(chunks: list[bytes], content_type: str = JSON_TYPE, *, chunked: bool = False) -> Response:
    return Response(200, "OK", [("content-type", content_type)], chunks, chunked=chunked, source=GENERATED)


def _answer(body: Any, kind: RequestKind) -> Answer | None:
    """Return the answer that the request needs, where a recorded one would not fit it."""
    choice = _tool_choice(body) if kind.tools else "none"
    if not kind.tool_results and choice != "none":
        most = 1 if body.get("parallel_tool_calls") is False else MAX_CALLS
        names = [choice] if choice in kind.tools else list(kind.tools)[:most]
        return Answer("", {name: example_value(kind.tools[name]) or {} for name in names})
    if kind.schema is not None:
        return Answer(json.dumps(example_value(kind.schema), ensure_ascii=False), {})
    if kind.tool_results:
        return Answer(f"This answer is an example. The tools returned: {'; '.join(kind.tool_results)}", {})
    return None


def _tool_choice(body: Any) -> str:
    """Return `none`, the name of the tool that must be called, or something else."""
    choice = body.get("tool_choice") or (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if isinstance(choice, str):
        return choice
    name = (choice.get("allowedFunctionNames") or [choice.get("name")])[0] or (choice.get("function") or {}).get("name")
    return str(name or choice.get("mode", choice.get("type", "")).lower())


def _fits(answer: Answer, kind: RequestKind) -> bool:
    """Return whether generated values are valid for their schemas, where the validator is installed."""
    try:
        import jsonschema
    except ImportError:
        return True
    pairs = [(arguments, kind.tools[name]) for name, arguments in answer.calls.items()]
    if kind.schema is not None and not pairs:
        pairs = [(json.loads(answer.text), kind.schema)]
    try:
        return all(jsonschema.Draft202012Validator(schema).is_valid(value) for value, schema in pairs)
    except Exception:  # noqa: BLE001 - what is not a JSON Schema: Gemini writes types in capitals
        return True


def _similarity(body: Any, kind: RequestKind, exchange: Exchange, theirs: RequestKind) -> tuple[float, ...]:
    """Rank a recorded request: by its contents, its number of messages, its label, its prompt and its text."""
    same_contents = sum(ours == other for ours, other in zip(kind.contents, theirs.contents, strict=True))
    # A greeting makes sense as an answer to any prompt; code, or the short answers of a batch, do not.
    is_greeting = "chat" in re.split("[/-]", exchange.scene)
    same_prompt = bodies_match(*(_prompt(one) for one in (body, exchange.body)))
    first, second = (json.dumps(one, sort_keys=True, default=str)[:COMPARED] for one in (body, exchange.body))
    ratio = SequenceMatcher(None, first, second).quick_ratio()
    label = -LABELS.index(exchange.label)
    return same_contents, -abs(kind.turns - theirs.turns), label, is_greeting or same_prompt, ratio


def _prompt(body: Any) -> Any:
    return (body.get("messages") or body.get("contents")) if isinstance(body, dict) else None
