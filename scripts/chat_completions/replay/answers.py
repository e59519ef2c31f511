"""Writes made-up answers in the form of each protocol: a text or tool calls, whole or streamed, and errors."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

JSON_TYPE, STREAM_TYPE = "application/json", "text/event-stream"
CREATED = 1767225600  # 2026-01-01, the same in every answer


class ToolCall(NamedTuple):
    """A call of a tool by the model."""

    name: str
    arguments: Any


class Answer(NamedTuple):
    """What the model is made to say: a text, or calls."""

    text: str
    calls: Sequence[ToolCall] = ()


def write_answer(protocol: str, answer: Answer, model: str, *, stream: bool) -> tuple[str, list[bytes]]:
    """Return content type and body of an answer, the body in chunks."""
    write_whole, write_events = FORMS[protocol]
    if not stream:
        return JSON_TYPE, [as_json(write_whole(answer, model))]
    return STREAM_TYPE, [_event(name, data) for name, data in write_events(answer, model)]


def write_error(protocol: str, status: int, name: str, message: str) -> bytes:
    """Return an error in the form of a protocol."""
    if protocol == "anthropic-messages":
        return as_json({"type": "error", "error": {"type": name, "message": message}})
    if protocol == "gemini-generate":
        return as_json({"error": {"code": status, "message": message, "status": name.upper()}})
    return as_json({"error": {"message": message, "type": name, "code": str(status)}})


def as_json(data: Any) -> bytes:
    """Return data as the body of a response."""
    return json.dumps(data, ensure_ascii=False).encode()


def _event(name: str, data: Any) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def _words(text: str) -> list[str]:
    """Return a text in the pieces that a stream sends."""
    return [word + " " for word in text.split(" ")[:-1]] + text.split(" ")[-1:]


def _openai(answer: Answer, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None if answer.calls else answer.text}
    if answer.calls:
        message["tool_calls"] = [_openai_call(number, call) for number, call in enumerate(answer.calls, 1)]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if answer.calls else "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    return {**_openai_head("chat.completion", model), "choices": [choice], "usage": usage}


def _openai_events(answer: Answer, model: str) -> Iterator[tuple[str, Any]]:
    head = _openai_head("chat.completion.chunk", model)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in _words(answer.text)] if answer.text else []
    deltas += [
        {"tool_calls": [{"index": number, **_openai_call(number + 1, call)}]}
        for number, call in enumerate(answer.calls)
    ]
    for delta in deltas:
        yield "", {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    reason = "tool_calls" if answer.calls else "stop"
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    yield "", {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}
    yield "", "[DONE]"


def _openai_head(kind: str, model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-replay", "object": kind, "created": CREATED, "model": model}


def _openai_call(number: int, call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
    return {"id": f"call_replay_{number}", "type": "function", "function": function}


def _anthropic_blocks(answer: Answer) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    return blocks + [
        {"type": "tool_use", "id": f"toolu_replay_{number}", "name": call.name, "input": call.arguments}
        for number, call in enumerate(answer.calls, 1)
    ]


def _anthropic(answer: Answer, model: str) -> dict[str, Any]:
    return {
        **_anthropic_head(model),
        "content": _anthropic_blocks(answer),
        "stop_reason": "tool_use" if answer.calls else "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }


def _anthropic_head(model: str) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 1}
    head = {"id": "msg_replay", "type": "message", "role": "assistant", "model": model, "content": []}
    return {**head, "stop_reason": None, "stop_sequence": None, "usage": usage}


def _anthropic_events(answer: Answer, model: str) -> Iterator[tuple[str, Any]]:
    events: list[dict[str, Any]] = [{"type": "message_start", "message": _anthropic_head(model)}]
    for index, block in enumerate(_anthropic_blocks(answer)):
        text = block["type"] == "text"
        empty = {"type": "text", "text": ""} if text else {**block, "input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        pieces = [{"type": "text_delta", "text": word} for word in _words(block["text"])] if text else []
        if not text:
            pieces = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"], ensure_ascii=False)}]
        events += [{"type": "content_block_delta", "index": index, "delta": piece} for piece in pieces]
        events.append({"type": "content_block_stop", "index": index})
    end = {"stop_reason": "tool_use" if answer.calls else "end_turn", "stop_sequence": None}
    events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": 10}})
    for event in [*events, {"type": "message_stop"}]:
        yield event["type"], event


def _gemini(answer: Answer, model: str) -> dict[str, Any]:
    parts: list[Any] = [{"text": answer.text}] if answer.text else []
    parts += [{"functionCall": {"name": call.name, "args": call.arguments}} for call in answer.calls]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model}


def _gemini_events(answer: Answer, model: str) -> Iterator[tuple[str, Any]]:
    for word in _words(answer.text)[:-1]:
        yield "", {"candidates": [{"content": {"role": "model", "parts": [{"text": word}]}, "index": 0}]}
    yield "", _gemini(answer._replace(text=(_words(answer.text) or [""])[-1]), model)


Form = tuple[Callable[[Answer, str], Any], Callable[[Answer, str], Iterator[tuple[str, Any]]]]
FORMS: dict[str, Form] = {
    "openai-chat": (_openai, _openai_events),
    "anthropic-messages": (_anthropic, _anthropic_events),
    "gemini-generate": (_gemini, _gemini_events),
}
