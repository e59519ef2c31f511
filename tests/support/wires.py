"""How each protocol says a thing: pieces of an answer, whole answers, tool calls, what was said before.

Written from the protocols' own documents, so that what the templates do is checked against
something else. `Said` is one answer: `say` the text, `calls` tool calls as [id, name, arguments
as text], `end` why it ended (in the words of chat completions), `think` thoughts beside it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

Said = Mapping[str, Any]
Event = tuple[str, Any]  # its name, or nothing, and its data
NUMBERS = (12, 15, 27)


class Wire:
    """One protocol; this one is that of chat completions."""

    id = "openai-chat"
    path = "/chat/completions"
    header, prefix = "authorization", "Bearer "
    ending = "finish_reason"
    endings: ClassVar[Mapping[str, str]] = {}
    counts: Sequence[str] = ("prompt_tokens", "completion_tokens", "total_tokens")

    @property
    def usage(self) -> dict[str, int]:
        """The token counts of an answer."""
        return dict(zip(self.counts, NUMBERS, strict=False))

    def usage_line(self, rounds: int = 1) -> str:
        """How a program tells them."""
        return ", ".join(f"{name}: {number * rounds}" for name, number in self.usage.items())

    def reason(self, word: str) -> str:
        """An ending in this protocol's word."""
        return self.endings.get(word, word)

    def end(self, said: Said) -> str:
        """Why this answer ended, in this protocol's word."""
        return self.reason(said.get("end", "tool_calls" if said.get("calls") else "stop"))

    # Pieces of a stream

    def opening(self) -> list[Event]:
        """What comes before any text."""
        return [_choice({"role": "assistant"})]

    def text(self, text: str) -> list[Event]:
        """A piece of the answer."""
        return [_choice({"content": text})]

    def finish(self, word: str) -> list[Event]:
        """The end of the answer."""
        return [_choice({}, self.reason(word))]

    def told(self) -> list[Event]:
        """The token counts."""
        return [("", {"choices": [], "usage": self.usage})]

    def streamed(self, said: Said) -> list[Event]:
        """A whole answer as events; texts and arguments come in two pieces."""
        found = self.opening()
        found += [_choice({"reasoning_content": said["think"]})] if "think" in said else []
        found += [one for part in _halves(said.get("say") or "") for one in self.text(part)]
        found += [_choice({"refusal": one}) for one in _halves(said.get("refusal") or "")]
        for number, (id_, name, arguments) in enumerate(said.get("calls", ())):
            found.append(_choice({"tool_calls": [_piece(number, {"name": name, "arguments": ""}, id_)]}))
            found += [_choice({"tool_calls": [_piece(number, {"arguments": one})]}) for one in _halves(arguments)]
        return [*found, _choice({}, self.end(said)), *self.told(), ("", "[DONE]")]

    # Whole answers and what was said before

    def whole(self, said: Said) -> dict[str, Any]:
        """An answer that comes as one reply."""
        message: dict[str, Any] = {"role": "assistant", "content": said.get("say")}
        message |= {"reasoning_content": said["think"]} if "think" in said else {}
        message |= {"refusal": said["refusal"]} if "refusal" in said else {}
        if said.get("calls"):
            message["tool_calls"] = [_call(*one) for one in said["calls"]]
        choice = {"index": 0, "message": message, "finish_reason": self.end(said)}
        return {"id": "c1", "object": "chat.completion", "choices": [choice], "usage": self.usage}

    def asked(self, body: Mapping[str, Any]) -> Any:
        """The turns of a request."""
        return body["messages"]

    def prompt(self, text: str) -> dict[str, Any]:
        """The user's turn."""
        return {"role": "user", "content": text}

    def said_before(self, said: Said) -> dict[str, Any]:
        """An answer with calls, as the next request repeats it."""
        calls = [_call(*one) for one in said["calls"]]
        return {"role": "assistant", "content": said.get("say") or None, "tool_calls": calls}

    def results(self, said: Said, results: Sequence[str]) -> list[dict[str, Any]]:
        """The results of its calls."""
        return [
            {"role": "tool", "tool_call_id": call[0], "content": result}
            for call, result in zip(said["calls"], results, strict=True)
        ]


class Messages(Wire):
    """The Messages API."""

    id = "anthropic-messages"
    path = "/v1/messages"
    header, prefix = "x-api-key", ""
    ending = "stop_reason"
    endings: ClassVar[Mapping[str, str]] = {
        "stop": "end_turn",
        "length": "max_tokens",
        "content_filter": "refusal",
        "tool_calls": "tool_use",
    }
    counts = ("input_tokens", "output_tokens")

    def opening(self) -> list[Event]:
        return [("message_start", {"type": "message_start", "message": {"id": "m1", "content": [], "usage": {}}})]

    def text(self, text: str) -> list[Event]:
        return [_delta(0, {"type": "text_delta", "text": text})]

    def finish(self, word: str) -> list[Event]:
        return [_ended({"stop_reason": self.reason(word)}), ("message_stop", {"type": "message_stop"})]

    def told(self) -> list[Event]:
        return [("message_delta", {"type": "message_delta", "delta": {}, "usage": self.usage})]

    def streamed(self, said: Said) -> list[Event]:
        found = self.opening()
        arguments = iter([one[2] for one in said.get("calls", ())])
        for number, block in enumerate(self._blocks(said)):
            found += _streamed_block(number, block, next(arguments) if block["type"] == "tool_use" else "")
        return [*found, *self.told(), *self.finish(said.get("end", "tool_calls" if said.get("calls") else "stop"))]

    def whole(self, said: Said) -> dict[str, Any]:
        return {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "content": self._blocks(said),
            "stop_reason": self.end(said),
            "stop_sequence": None,
            "usage": self.usage,
        }

    def said_before(self, said: Said) -> dict[str, Any]:
        blocks = self._blocks(said)  # arguments that were no object may not go back
        blocks = [{**one, "input": {}} if not isinstance(one.get("input", {}), dict) else one for one in blocks]
        return {"role": "assistant", "content": blocks}

    def results(self, said: Said, results: Sequence[str]) -> list[dict[str, Any]]:
        def block(call: Sequence[str], text: str) -> dict[str, Any]:
            found = {"type": "tool_result", "tool_use_id": call[0], "content": text}
            return {**found, "is_error": True} if text.startswith('{"error":') else found

        return [{"role": "user", "content": [block(*one) for one in zip(said["calls"], results, strict=True)]}]

    def _blocks(self, said: Said) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if "think" in said:
            found.append({"type": "thinking", "thinking": said["think"], "signature": "c2ln"})
        if said.get("say"):
            found.append({"type": "text", "text": said["say"]})
        for id_, name, arguments in said.get("calls", ()):
            found.append({"type": "tool_use", "id": id_, "name": name, "input": _data(arguments)})
        return found


class Gemini(Wire):
    """Gemini's generateContent."""

    id = "gemini-generate"
    path = "/v1beta/models/{model}:generateContent"
    header, prefix = "x-goog-api-key", ""
    ending = "finishReason"
    endings: ClassVar[Mapping[str, str]] = {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "content_filter": "SAFETY",
        "tool_calls": "STOP",
    }
    counts = ("promptTokenCount", "candidatesTokenCount", "totalTokenCount")

    def opening(self) -> list[Event]:
        return [_candidate([])]

    def text(self, text: str) -> list[Event]:
        return [_candidate([{"text": text}])]

    def finish(self, word: str) -> list[Event]:
        return [("", {"candidates": [{"finishReason": self.reason(word), "index": 0}]})]

    def told(self) -> list[Event]:
        return [("", {"usageMetadata": self.usage})]

    def streamed(self, said: Said) -> list[Event]:
        found = [_candidate([part]) for part in self._parts(said)]
        return [*found, *self.finish(said.get("end", "stop")), *self.told()]

    def whole(self, said: Said) -> dict[str, Any]:
        candidate = {"content": {"role": "model", "parts": self._parts(said)}, "finishReason": self.end(said)}
        return {"candidates": [candidate], "usageMetadata": self.usage}

    def asked(self, body: Mapping[str, Any]) -> Any:
        return body["contents"]

    def prompt(self, text: str) -> dict[str, Any]:
        return {"role": "user", "parts": [{"text": text}]}

    def said_before(self, said: Said) -> dict[str, Any]:
        return {"role": "model", "parts": self._parts(said)}

    def results(self, said: Said, results: Sequence[str]) -> list[dict[str, Any]]:
        def part(call: Sequence[str], text: str) -> dict[str, Any]:
            data = json.loads(text)
            response = data if isinstance(data, dict) else {"result": data}
            return {"functionResponse": {**_id(call[0]), "name": call[1], "response": response}}

        return [{"role": "user", "parts": [part(*one) for one in zip(said["calls"], results, strict=True)]}]

    def _parts(self, said: Said) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if "think" in said:
            found.append({"text": said["think"], "thought": True})
        if said.get("say"):
            found.append({"text": said["say"]})
        for id_, name, arguments in said.get("calls", ()):
            call = {**_id(id_), "name": name, "args": _data(arguments)}
            found.append({"functionCall": call, "thoughtSignature": "c2ln"})
        return found


class Images(Wire):
    """What makes pictures: its answers are written out in the cases."""

    id = "openai-images"
    path = "/v1/images/generations"
    counts = ("input_tokens", "output_tokens", "total_tokens")


class Tasks(Wire):
    """Submit and query; its answers are written out in the cases."""

    id = "aireiter-tasks"
    path = "/openapi/submit"
    ending = "status"
    counts = ()


class Models(Wire):
    """A list of models."""

    id = "model-list"
    path = "/models"
    counts = ()


class Balance(Wire):
    """The credits that are left."""

    id = "credit-balance"
    path = "/balance"
    counts = ()


KINDS = (Wire, Messages, Gemini, Images, Tasks, Models, Balance)
WIRES: Mapping[str, Wire] = {kind.id: kind() for kind in KINDS}


def _choice(delta: Any, reason: str | None = None) -> Event:
    return "", {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def _call(id_: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def _piece(number: int, function: Any, id_: str | None = None) -> dict[str, Any]:
    named = {} if id_ is None else {"id": id_, "type": "function"}
    return {"index": number, **named, "function": function}


def _delta(number: int, delta: Any) -> Event:
    return "content_block_delta", {"type": "content_block_delta", "index": number, "delta": delta}


def _ended(delta: Any) -> Event:
    return "message_delta", {"type": "message_delta", "delta": {**delta, "stop_sequence": None}}


def _streamed_block(number: int, block: Mapping[str, Any], arguments: str) -> list[Event]:
    """A content block as events: it opens empty, then it is filled in two pieces."""
    kind = block["type"]
    if kind == "tool_use":
        empty: Mapping[str, Any] = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": one} for one in _halves(arguments)]
    elif kind == "thinking":
        empty = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": one} for one in _halves(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        empty = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": one} for one in _halves(block["text"])]
    start = {"type": "content_block_start", "index": number, "content_block": empty}
    stop = {"type": "content_block_stop", "index": number}
    return [("content_block_start", start), *(_delta(number, one) for one in deltas), ("content_block_stop", stop)]


def _candidate(parts: Any) -> Event:
    return "", {"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}]}


def _id(id_: str) -> dict[str, str]:
    return {"id": id_} if id_ else {}


def _data(arguments: str) -> Any:
    try:
        return json.loads(arguments or "{}", parse_constant=int)  # int refuses NaN
    except ValueError:
        return arguments


def _halves(text: str) -> list[str]:
    half = len(text) // 2
    return [one for one in (text[:half], text[half:]) if one]
