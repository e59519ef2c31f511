"""Write example answers in the form of each protocol: a text or tool calls, whole or streamed, and errors."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

JSON_TYPE, STREAM_TYPE = "application/json", "text/event-stream"
CREATED = 1767225600  # 2026-01-01, the same in every answer


class Answer(NamedTuple):
    """A text, or calls of tools: name -> arguments."""

    text: str
    calls: Mapping[str, Any]


def write_answer(protocol: str, answer: Answer, model: str, *, stream: bool) -> tuple[str, list[bytes]]:
    """Return content type and body of an answer, the body in chunks."""
    write_whole, write_events = FORMS[protocol]
    whole = write_whole(answer, model)
    if not stream:
        return JSON_TYPE, [as_json(whole)]
    return STREAM_TYPE, list(write_events(whole))


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


def _pieces(text: str) -> list[str]:
    """Return a text in the pieces that a stream sends."""
    *first_words, last = text.split(" ")
    return [*(f"{word} " for word in first_words), last] if text else []


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
    deltas += [{"content": piece} for piece in _pieces(message["content"] or "")]
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
            empty, deltas = (
                {**block, "text": ""},
                [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])],
            )
        else:
            arguments = json.dumps(block["input"], ensure_ascii=False)
            empty, deltas = {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": arguments}]
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
    parts = [
        piece
        for part in candidate["content"]["parts"]
        for piece in ([{"text": text} for text in _pieces(part["text"])] if "text" in part else [part])
    ]
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
