"""Answers that fit the user's tools or JSON Schema, whole or streamed, and errors: in the form of each protocol."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.types import EMPTY
from chat_completions.planning.request_body import put
from chat_completions.replay.cassette import Response, as_json, json_response
from chat_completions.replay.example_value import example_value
from chat_completions.replay.matching import Candidate
from chat_completions.replay.request_kind import RequestKind

GENERATED = "generated"
MAX_CALLS = 2
CREATED = 1767225600  # 2026-01-01, the same in every answer
ERROR_NAMES = {401: "authentication_error", 429: "rate_limit_error"}


class Answer(NamedTuple):
    """A text, or calls of tools: name -> arguments."""

    text: str
    calls: Mapping[str, Any]


def generated_response(body: Any, kind: RequestKind, gateway: Gateway) -> Response | None:
    """Return an answer that fits the user's tools or schema, or a list or balance; None for all else."""
    if kind.protocol == "model-list":
        models = [{"id": model, "object": "model"} for model in gateway.models]
        return json_response({"object": "list", "data": models}, GENERATED)
    if kind.protocol == "credit-balance":
        path = (gateway.endpoints[kind.protocol][0].result_paths or ["balance"])[0]
        return json_response(put(path.split("."), 100), GENERATED)
    answer = _example_answer(body, kind) if kind.protocol in FORMS else None
    if answer is None:
        return None
    source = GENERATED if _fits(answer, kind) else f"{GENERATED}, but not valid for its schema"
    write_whole, write_events = FORMS[kind.protocol]
    whole = write_whole(answer, body.get("model", "replay"))
    if not kind.stream:
        return json_response(whole, source)
    return Response(200, {"content-type": "text/event-stream"}, list(write_events(whole)), source, chunked=True)


def error_response(status: int, message: str, protocol: str = "", candidates: Iterable[Candidate] = ()) -> Response:
    """Return an error as the gateway words it in one of the candidates, else in the form of the protocol."""
    for exchange, kind in candidates:
        if (exchange.status, kind.protocol) == (status, protocol):
            return exchange.response("")
    name = ERROR_NAMES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    error: dict[str, Any] = {"error": {"message": message, "type": name, "code": str(status)}}
    if protocol == "anthropic-messages":
        error = {"type": "error", "error": {"type": name, "message": message}}
    elif protocol == "gemini-generate":
        error = {"error": {"code": status, "message": message, "status": name.upper()}}
    return json_response(error, "constructed", status, {"retry-after": "1"} if status in (429, 503) else EMPTY)


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


def _words(text: str) -> list[str]:
    """Return the words of a text, each with the space after it, as a stream sends them."""
    return [word for word in re.split("(?<= )", text) if word]


def _openai(answer: Answer, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = [
            {
                "id": f"call_replay_{number}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
            }
            for number, (name, arguments) in enumerate(answer.calls.items(), 1)
        ]
    return {
        "id": "chatcmpl-replay",
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if answer.calls else "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
    }


def _openai_events(whole: dict[str, Any]) -> Iterator[bytes]:
    head = {**whole, "object": "chat.completion.chunk"}
    usage, [choice] = head.pop("usage"), head.pop("choices")
    message = choice["message"]
    deltas: list[Any] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in _words(message["content"] or "")]
    deltas += [{"tool_calls": [{"index": index, **call}]} for index, call in enumerate(message.get("tool_calls", ()))]
    for delta in deltas:
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    end = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    yield _event({**head, "choices": [end], "usage": usage})
    yield b"data: [DONE]\n\n"


def _anthropic(answer: Answer, model: str) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    blocks += [
        {"type": "tool_use", "id": f"toolu_replay_{number}", "name": name, "input": arguments}
        for number, (name, arguments) in enumerate(answer.calls.items(), 1)
    ]
    return {
        "id": "msg_replay",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks,
        "stop_reason": "tool_use" if answer.calls else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }


def _anthropic_events(whole: dict[str, Any]) -> Iterator[bytes]:
    start = {**whole, "content": [], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 1}}
    yield _event({"type": "message_start", "message": start}, "message_start")
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            empty = {**block, "text": ""}
            deltas = [{"type": "text_delta", "text": word} for word in _words(block["text"])]
        else:
            empty = {**block, "input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"], ensure_ascii=False)}]
        first = {"type": "content_block_start", "index": index, "content_block": empty}
        middle = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        for event in (first, *middle, {"type": "content_block_stop", "index": index}):
            yield _event(event, str(event["type"]))
    end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield _event({"type": "message_delta", "delta": end, "usage": {"output_tokens": 10}}, "message_delta")
    yield _event({"type": "message_stop"}, "message_stop")


def _gemini(answer: Answer, model: str) -> dict[str, Any]:
    parts: list[Any] = [{"text": answer.text}] if answer.text else []
    parts += [{"functionCall": {"name": name, "args": arguments}} for name, arguments in answer.calls.items()]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model}


def _gemini_events(whole: dict[str, Any]) -> Iterator[bytes]:
    [candidate] = whole["candidates"]
    parts: list[Any] = []
    for part in candidate["content"]["parts"]:
        parts += [{"text": word} for word in _words(part["text"])] if "text" in part else [part]
    for part in parts[:-1]:
        yield _event({"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]})
    yield _event({**whole, "candidates": [{**candidate, "content": {"role": "model", "parts": parts[-1:]}}]})


def _event(data: Any, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: " + as_json(data) + b"\n\n"


Form = tuple[Callable[[Answer, str], dict[str, Any]], Callable[[dict[str, Any]], Iterator[bytes]]]
FORMS: Mapping[str, Form] = {
    "openai-chat": (_openai, _openai_events),
    "anthropic-messages": (_anthropic, _anthropic_events),
    "gemini-generate": (_gemini, _gemini_events),
}
