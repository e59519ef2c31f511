"""An answer in the form of each protocol: as one reply, as server-sent events, and as the next request repeats it.

An answer is a mapping: `text`, `reasoning` (thoughts beside it), `refusal`, `tool_calls` (each
`id`, `name`, `arguments` as JSON text, `extra` fields), `finish` (why it ended, as in
chat completions), `extra` (more fields of the message) and `usage: false` when no token counts are sent.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from support.replies import Reply

Answer = Mapping[str, Any]
Event = tuple[str, Any]  # its name, or nothing, and its data
TOKENS = (12, 15, 27)


class ChatCompletions:
    """OpenAI's chat completions."""

    id = "openai-chat"
    endings: ClassVar[Mapping[str, str]] = {}

    @property
    def usage(self) -> dict[str, int]:
        """The token counts of an answer."""
        return dict(zip(("prompt_tokens", "completion_tokens", "total_tokens"), TOKENS, strict=True))

    def finish_reason(self, answer: Answer) -> str:
        """Why an answer ended, in this protocol's terms."""
        return self.ending(answer.get("finish") or ("tool_calls" if answer.get("tool_calls") else "stop"))

    def ending(self, word: str) -> str:
        """This protocol's finish reason."""
        return self.endings.get(word, word)

    def message(self, answer: Answer) -> dict[str, Any]:
        """The assistant's message."""
        message: dict[str, Any] = {"role": "assistant", "content": answer.get("text"), **answer.get("extra", {})}
        message |= {"reasoning_content": answer["reasoning"]} if "reasoning" in answer else {}
        message |= {"refusal": answer["refusal"]} if "refusal" in answer else {}
        if answer.get("tool_calls"):
            message["tool_calls"] = [_tool_call(call) for call in answer["tool_calls"]]
        return message

    def whole(self, answer: Answer) -> dict[str, Any]:
        """A whole reply."""
        choice = {"index": 0, "message": self.message(answer), "finish_reason": self.finish_reason(answer)}
        reply = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        return reply if answer.get("usage") is False else {**reply, "usage": self.usage}

    def stream(self, answer: Answer) -> list[Event]:
        """The same as events; texts and arguments come in two pieces."""
        events = [*self.opening(), *(_chunk({"reasoning_content": part}) for part in _halves(answer.get("reasoning")))]
        events += [_chunk({name: value}) for name, value in answer.get("extra", {}).items()]
        events += [event for part in _halves(answer.get("text")) for event in self.text(part)]
        events += [_chunk({"refusal": part}) for part in _halves(answer.get("refusal"))]
        for number, call in enumerate(answer.get("tool_calls", ())):
            first = {"index": number, **_tool_call({**call, "arguments": ""})}
            events.append(_chunk({"tool_calls": [first]}))
            rest = [{"index": number, "function": {"arguments": part}} for part in _halves(call["arguments"])]
            events += [_chunk({"tool_calls": [call]}) for call in rest]
        events += [_chunk({}, self.finish_reason(answer))]
        return [*events, *([] if answer.get("usage") is False else self.usage_events()), *self.done()]

    def opening(self) -> list[Event]:
        """What comes before any text."""
        return [_chunk({"role": "assistant", "content": None})]

    def text(self, text: str) -> list[Event]:
        """A piece of the answer."""
        return [_chunk({"content": text})]

    def finish(self, word: str) -> list[Event]:
        """The reason of the ending."""
        return [_chunk({}, self.ending(word))]

    def usage_events(self) -> list[Event]:
        """The token counts."""
        return [("", {"id": "c1", "object": "chat.completion.chunk", "choices": [], "usage": self.usage})]

    def done(self) -> list[Event]:
        """What ends a stream."""
        return [("", "[DONE]")]

    def failure(self, message: str) -> list[Event]:
        """A failure in the middle of a stream."""
        return [("", {"error": {"message": message, "code": 502}})]

    def messages(self, body: Mapping[str, Any]) -> list[Any]:
        """The messages of a request."""
        return list(body.get("messages", []))

    def results(self, messages: Sequence[Any]) -> list[tuple[str, str]]:
        """The tool results that follow the last answer: id of the call, text."""
        results = []
        for message in reversed(messages):
            if message.get("role") != "tool":
                break
            results.append((message.get("tool_call_id", ""), str(message.get("content"))))
        return results[::-1]


class Messages(ChatCompletions):
    """Anthropic's Messages API."""

    id = "anthropic-messages"
    endings: ClassVar[Mapping[str, str]] = {
        "stop": "end_turn",
        "length": "max_tokens",
        "content_filter": "refusal",
        "tool_calls": "tool_use",
    }

    @property
    def usage(self) -> dict[str, int]:
        return dict(zip(("input_tokens", "output_tokens"), TOKENS, strict=False))

    def message(self, answer: Answer) -> dict[str, Any]:
        blocks: list[dict[str, Any]] = []
        if "reasoning" in answer:
            blocks.append({"type": "thinking", "thinking": answer["reasoning"], "signature": "c2ln"})
        if answer.get("text"):
            blocks.append({"type": "text", "text": answer["text"]})
        for call in answer.get("tool_calls", ()):
            input_ = json.loads(call["arguments"] or "{}")
            blocks.append({"type": "tool_use", "id": call["id"], "name": call["name"], "input": input_})
        return {"role": "assistant", "content": blocks}

    def whole(self, answer: Answer) -> dict[str, Any]:
        reply = {"id": "m1", "type": "message", "model": "m", **self.message(answer), "stop_sequence": None}
        return {**reply, "stop_reason": self.finish_reason(answer), "usage": self.usage}

    def stream(self, answer: Answer) -> list[Event]:
        events = self.opening()
        for number, block in enumerate(self.message(answer)["content"]):
            events += _block_events(number, block)
        return [
            *events,
            *self.finish(str(answer.get("finish") or ("tool_calls" if answer.get("tool_calls") else "stop"))),
        ]

    def opening(self) -> list[Event]:
        message: dict[str, Any] = {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [],
            "stop_reason": None,
        }
        message |= {"stop_sequence": None, "usage": {"input_tokens": TOKENS[0], "output_tokens": 1}}
        return [("message_start", {"type": "message_start", "message": message})]

    def text(self, text: str) -> list[Event]:
        return [_block_delta(0, {"type": "text_delta", "text": text})]

    def finish(self, word: str) -> list[Event]:
        return [*self.reason(word), ("message_stop", {"type": "message_stop"})]

    def reason(self, word: str) -> list[Event]:
        """The reason of the ending without the end."""
        delta = {"stop_reason": self.ending(word), "stop_sequence": None}
        return [("message_delta", {"type": "message_delta", "delta": delta, "usage": {"output_tokens": TOKENS[1]}})]

    def usage_events(self) -> list[Event]:
        return []

    def done(self) -> list[Event]:
        return []

    def failure(self, message: str) -> list[Event]:
        return [("error", {"type": "error", "error": {"type": "api_error", "message": message}})]

    def results(self, messages: Sequence[Any]) -> list[tuple[str, str]]:
        content = messages[-1].get("content") if messages else []
        blocks = content if isinstance(content, list) else []
        return [
            (block["tool_use_id"], _plain(block.get("content")))
            for block in blocks
            if block.get("type") == "tool_result"
        ]


class GenerateContent(ChatCompletions):
    """Gemini's generateContent."""

    id = "gemini-generate"
    endings: ClassVar[Mapping[str, str]] = {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "content_filter": "SAFETY",
        "tool_calls": "STOP",
    }

    @property
    def usage(self) -> dict[str, int]:
        return dict(zip(("promptTokenCount", "candidatesTokenCount", "totalTokenCount"), TOKENS, strict=True))

    def message(self, answer: Answer) -> dict[str, Any]:
        parts: list[dict[str, Any]] = []
        if "reasoning" in answer:
            parts.append({"text": answer["reasoning"], "thought": True})
        if answer.get("text"):
            parts.append({"text": answer["text"]})
        for call in answer.get("tool_calls", ()):
            call_part = {"id": call["id"], "name": call["name"], "args": json.loads(call["arguments"] or "{}")}
            parts.append({"functionCall": call_part, "thoughtSignature": "c2ln"})
        return {"role": "model", "parts": parts}

    def whole(self, answer: Answer) -> dict[str, Any]:
        candidate = {"content": self.message(answer), "finishReason": self.finish_reason(answer), "index": 0}
        return {"candidates": [candidate], "usageMetadata": self.usage}

    def stream(self, answer: Answer) -> list[Event]:
        events = [_candidate([part]) for part in self.message(answer)["parts"]]
        return [*events, *self.finish(str(answer.get("finish") or "stop")), *self.usage_events()]

    def opening(self) -> list[Event]:
        return [_candidate([])]

    def text(self, text: str) -> list[Event]:
        return [_candidate([{"text": text}])]

    def finish(self, word: str) -> list[Event]:
        return [("", {"candidates": [{"finishReason": self.ending(word), "index": 0}]})]

    def usage_events(self) -> list[Event]:
        return [("", {"usageMetadata": self.usage})]

    def done(self) -> list[Event]:
        return []

    def failure(self, message: str) -> list[Event]:
        return [("", {"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}})]

    def messages(self, body: Mapping[str, Any]) -> list[Any]:
        return list(body.get("contents", []))

    def results(self, messages: Sequence[Any]) -> list[tuple[str, str]]:
        parts = messages[-1].get("parts", []) if messages else []
        results = [part["functionResponse"] for part in parts if "functionResponse" in part]
        return [(result.get("id", ""), json.dumps(result.get("response"), ensure_ascii=False)) for result in results]


PROTOCOLS: Mapping[str, ChatCompletions] = {
    protocol.id: protocol for protocol in (ChatCompletions(), Messages(), GenerateContent())
}


def answer_body(answer: Answer, protocol: str = "openai-chat") -> bytes:
    """A whole answer as the body of a reply."""
    return json.dumps(PROTOCOLS[protocol].whole(answer), ensure_ascii=False).encode()


def answer_chunks(answer: Answer, protocol: str = "openai-chat") -> list[bytes]:
    """The same as the chunks of a stream."""
    return [event_text(event).encode() for event in PROTOCOLS[protocol].stream(answer)]


def answer_reply(answer: Answer, protocol: str, *, stream: bool) -> Reply:
    """The same as a reply, in one piece or as a stream."""
    if stream:
        return Reply(headers=[("content-type", "text/event-stream")], chunks=answer_chunks(answer, protocol))
    return Reply(headers=[("content-type", "application/json")], body=answer_body(answer, protocol))


def event_text(event: Event, newline: str = "\n") -> str:
    """One event as it stands in a stream."""
    name, data = event
    head = f"event: {name}{newline}" if name else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}{newline}{newline}"


def _chunk(delta: Any, reason: str | None = None) -> Event:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return "", {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def _tool_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": call["arguments"]}
    return {"id": call["id"], "type": "function", "function": function, **call.get("extra", {})}


def _block_delta(number: int, delta: Any) -> Event:
    return "content_block_delta", {"type": "content_block_delta", "index": number, "delta": delta}


def _block_events(number: int, block: Mapping[str, Any]) -> list[Event]:
    """A content block as events: it opens empty, then it is filled in two pieces."""
    kind = block["type"]
    if kind == "tool_use":
        empty: Mapping[str, Any] = {**block, "input": {}}
        arguments = json.dumps(block["input"], ensure_ascii=False)
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in ["", *_halves(arguments)]]
    elif kind == "thinking":
        empty = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": part} for part in _halves(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        empty = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": part} for part in _halves(block["text"])]
    start = {"type": "content_block_start", "index": number, "content_block": empty}
    stop = {"type": "content_block_stop", "index": number}
    return [
        ("content_block_start", start),
        *(_block_delta(number, delta) for delta in deltas),
        ("content_block_stop", stop),
    ]


def _candidate(parts: Any) -> Event:
    return "", {"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}]}


def _plain(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _halves(text: str | None) -> list[str]:
    half = len(text or "") // 2
    return [part for part in ((text or "")[:half], (text or "")[half:]) if part]
