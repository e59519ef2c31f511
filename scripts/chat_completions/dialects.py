"""Writes a conversation the way a protocol wants it. Pure.

Turns come in as chat completions have them; parts of a content may be a PicturePart. `messages`
leaves them so, `blocks` is the Messages API's list of content blocks, `parts` Gemini's.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.errors import BadInput, NotOffered
from chat_completions.shapes import Facts, Image, Variable

TEXT = (str, Variable)  # a text, or the variable that holds one
Wire = tuple[list[str | Variable], list[Facts]]


class PicturePart(NamedTuple):
    """An image in a turn: an address that stands in the turn itself, or the variables of an `image`."""

    url: str
    image: Image | None = None

    @property
    def address(self) -> Any:
        """Return the address, or the variable that holds it."""
        return Variable(f"image_url{self.image.suffix}") if self.image else self.url

    def data(self, kind_key: str) -> Facts | None:
        """Return media type and base64 text, or None where only the address is sent."""
        if self.image and (self.image.is_file or self.image.is_data):
            kind, data = (Variable(f"image_{word}{self.image.suffix}") for word in ("type", "data"))
            return {kind_key: kind, "data": data}
        kind_text, data_text = _data(self.url)
        return {kind_key: kind_text, "data": data_text} if data_text and not self.image else None


def spoken(turns: Sequence[Facts], dialect: str) -> Wire:
    """The system texts that stand apart from the turns, and the turns, both in this dialect."""
    return DIALECTS[dialect](turns)


def _messages(turns: Sequence[Facts]) -> Wire:
    def part(one: Any) -> Any:
        if not isinstance(one, PicturePart):
            return one
        return {"type": "image_url", "image_url": {"url": one.address}}

    return [], [_with_parts(turn, part) for turn in turns]


def _with_parts(turn: Facts, part: Callable[[Any], Any]) -> Facts:
    content = turn.get("content")
    return {**turn, "content": [part(one) for one in content]} if isinstance(content, list) else turn


def _blocks(turns: Sequence[Facts]) -> Wire:
    system, rest = _apart(turns)
    found: list[dict[str, Any]] = []
    for turn in rest:
        if turn["role"] == "tool":
            result = {
                "type": "tool_result",
                "tool_use_id": turn["tool_call_id"],
                "content": _each(turn["content"], _block),
            }
            if found and found[-1]["role"] == "user" and _holds_results(found[-1]):
                found[-1]["content"].append(result)
            else:
                found.append({"role": "user", "content": [result]})
        else:
            found.append({"role": turn["role"], "content": _said_and_called(turn)})
    return system, list(found)


def _holds_results(turn: Facts) -> bool:
    return isinstance(turn["content"], list) and turn["content"][0].get("type") == "tool_result"


def _said_and_called(turn: Facts) -> Any:
    """What a turn says, and the tools it calls, as content blocks; a mere text stays one."""
    calls = turn.get("tool_calls") or []
    content = _each(turn.get("content"), _block)
    if not calls:
        return content
    said = [{"type": "text", "text": content}] if isinstance(content, TEXT) and content else content or []
    uses = [
        {"type": "tool_use", "id": one["id"], "name": one["function"]["name"], "input": _arguments(one)}
        for one in calls
    ]
    return [*said, *uses]


def _block(one: Any) -> Any:
    if isinstance(one, TEXT):
        return {"type": "text", "text": one}
    one = _pictured(one)
    if not isinstance(one, PicturePart):
        return one
    data = one.data("media_type")
    source = {"type": "base64", **data} if data else {"type": "url", "url": one.address}
    return {"type": "image", "source": source}


def _parts(turns: Sequence[Facts]) -> Wire:
    system, rest = _apart(turns)
    names = {call["id"]: call["function"]["name"] for turn in rest for call in turn.get("tool_calls") or []}
    found: list[dict[str, Any]] = []
    for turn in rest:
        role = "model" if turn["role"] == "assistant" else "user"
        if turn["role"] == "tool":
            parts = [_result(turn, names)]
        else:
            content = turn.get("content")
            said = [content] if isinstance(content, TEXT) and content else content or []
            parts = [_part(one) for one in said]
            parts += [
                {"functionCall": {"name": one["function"]["name"], "args": _arguments(one)}}
                for one in turn.get("tool_calls") or []
            ]
        if found and turn["role"] == "tool" and "functionResponse" in found[-1]["parts"][0]:
            found[-1]["parts"] += parts
        else:
            found.append({"role": role, "parts": parts or [{"text": ""}]})
    return system, list(found)


def _result(turn: Facts, names: Mapping[str, str]) -> Facts:
    content = turn["content"]
    try:
        response = json.loads(content)
    except (TypeError, ValueError):
        response = None
    if not isinstance(response, dict):
        response = {"result": content}
    return {"functionResponse": {"name": names.get(turn["tool_call_id"], turn["tool_call_id"]), "response": response}}


def _part(one: Any) -> Any:
    if isinstance(one, TEXT):
        return {"text": one}
    if isinstance(one, Mapping) and one.get("type") == "text":
        return {"text": one.get("text", "")}
    one = _pictured(one)
    if not isinstance(one, PicturePart):
        return one
    data = one.data("mimeType")
    return {"inlineData": data} if data else {"fileData": {"fileUri": one.address}}


def _apart(turns: Sequence[Facts]) -> tuple[list[str | Variable], list[Facts]]:
    """The texts of the system turns, and the other turns."""
    system = []
    for turn in turns:
        if turn["role"] == "system":
            content = turn["content"]
            parts = [content] if isinstance(content, TEXT) else content
            system += [one if isinstance(one, TEXT) else one.get("text", "") for one in parts]
    return system, [turn for turn in turns if turn["role"] != "system"]


def _each(content: Any, part: Callable[[Any], Any]) -> Any:
    return [part(one) for one in content] if isinstance(content, list) else content


def _arguments(call: Facts) -> Any:
    """The arguments of a tool call as data, which these protocols want."""
    try:
        found = json.loads(call["function"]["arguments"] or "{}")
    except ValueError:
        raise NotOffered(
            f"The arguments of the tool call {call['id']!r} are not JSON, which this protocol needs.",
            "Send this conversation with --protocol openai-chat.",
        ) from None
    return found


def _pictured(one: Any) -> Any:
    """A picture that the user's turn brings, as a PicturePart; any other part as it is."""
    brings = isinstance(one, Mapping) and one.get("type") == "image_url"
    return PicturePart(_address(one.get("image_url"))) if brings else one


def _address(image: Any) -> str:
    """The URL of an image_url part, which is an object or the URL itself."""
    found = image.get("url") if isinstance(image, Mapping) else image
    if not isinstance(found, str):
        raise BadInput("A picture in the conversation has no url.", 'Write {"image_url": {"url": "https://…"}}.')
    return found


def _data(url: str) -> tuple[str, str]:
    """Media type and base64 text of a data URI; two empty texts for any other address."""
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return "", ""
    return head[5:-7], data


DIALECTS: Mapping[str, Callable[[Sequence[Facts]], Wire]] = {
    "": _messages,
    "messages": _messages,
    "blocks": _blocks,
    "parts": _parts,
}
