"""Responses: recorded ones, errors, faults, and answers that fit a request which no cassette holds."""

import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Gateway
from chat_completions.errors import BadInput, UnknownName
from chat_completions.planning.request_body import put
from chat_completions.replay.answers import FORMS, JSON_TYPE, Answer, as_json, write_answer, write_error
from chat_completions.replay.cassette import Exchange
from chat_completions.replay.example_value import example_value
from chat_completions.replay.matching import Candidate
from chat_completions.replay.request_kind import RequestKind, find_kind

GENERATED = "generated"
MAX_CALLS = 2
ERROR_NAMES = {401: "authentication_error", 429: "rate_limit_error"}
STATUSES = ("401", "402", "429", "503")
KINDS = (*STATUSES, "cut", "slow", "html")
PAUSE = 0.5  # seconds
ERROR_PAGE = b"<!doctype html><html><body><h1>Something went wrong</h1></body></html>"


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


class Fault:
    """One kind of fault, for the first so many responses or for all."""

    def __init__(self, kind: str, times: int | None = None) -> None:
        """Prepare a fault; without `times` it never ends."""
        self.kind = kind
        self.status = int(kind) if kind in STATUSES else 0  # served instead of an answer
        self._left = times

    def is_due(self) -> bool:
        """Return whether the next response is a faulty one, and count it."""
        if self._left is not None:
            self._left -= 1
        return self._left is None or self._left >= 0

    def apply(self, response: Response) -> Response:
        """Return the response with the fault in it."""
        if self.kind == "html":
            headers = [("content-type", "text/html; charset=utf-8")]
            return Response(200, "OK", headers, [ERROR_PAGE], chunked=False, source="constructed")
        if self.kind == "slow":
            return response._replace(chunked=True, pause=PAUSE)
        half = len(response.chunks) // 2
        part = [chunk[: len(chunk) // 2] for chunk in response.chunks[half : half + 1]]
        return response._replace(chunked=True, complete=False, chunks=[*response.chunks[:half], *part])


def parse_fault(text: str) -> Fault:
    """Return the fault that `503`, or `503@2` for the first two responses, stands for."""
    kind, at, times = text.partition("@")
    if kind not in KINDS:
        raise UnknownName("fault", kind, KINDS)
    if at and not (times.isdecimal() and int(times)):
        raise BadInput(f"--fault {text!r}: after @ stands a number.", "Write, for example, 503@1.")
    return Fault(kind, int(times) if at else None)


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


def generated_response(body: Any, kind: RequestKind, gateway: Gateway) -> Response | None:
    """Return an answer that fits the user's tools or schema, or a list or balance; None for all else."""
    if kind.protocol == "model-list":
        models = [{"id": model, "object": "model"} for model in gateway.models]
        return _generated([as_json({"object": "list", "data": models})])
    if kind.protocol == "credit-balance":
        path = (gateway.endpoints[kind.protocol][0].result_paths or ["balance"])[0]
        return _generated([as_json(put(path.split("."), 100))])
    answer = _example_answer(body, kind) if kind.protocol in FORMS else None
    if answer is None:
        return None
    content_type, chunks = write_answer(kind.protocol, answer, body.get("model", "replay"), stream=kind.stream)
    response = _generated(chunks, content_type, chunked=kind.stream)
    return response if _fits(answer, kind) else response._replace(source=f"{GENERATED}, but not valid for its schema")


def _generated(chunks: list[bytes], content_type: str = JSON_TYPE, *, chunked: bool = False) -> Response:
    return Response(200, "OK", [("content-type", content_type)], chunks, chunked=chunked, source=GENERATED)


def _example_answer(body: Any, kind: RequestKind) -> Answer | None:
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
