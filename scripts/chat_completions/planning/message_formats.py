"""Convert a conversation to the format of each protocol.

Messages come in as chat completions have them. The format `messages` leaves them so, `blocks` is the list of content
blocks of the Messages API, `parts` is Gemini's.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from chat_completions.catalog.types import JsonObject
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.types import Image, Variable

SYSTEM_ROLES = ("system", "developer")  # two names of one role; only chat completions know the second
DATA_URI = re.compile(r"data:([^,]*);base64,(.+)", re.DOTALL)  # its media type and its data
TEXT = (str, Variable)  # a text, or the variable that holds one
Converted = tuple[list[str | Variable], list[JsonObject]]


def _to_openai(messages: Sequence[JsonObject]) -> Converted:
    return [], [
        {**message, "content": _each(message["content"], _openai_part)} if "content" in message else message
        for message in messages
    ]


def _to_anthropic(messages: Sequence[JsonObject]) -> Converted:
    system, rest = _split_system(messages)
    converted: list[JsonObject] = []
    for are_results, group in groupby(rest, _is_result):
        if are_results:  # those of one round go back together
            converted.append({"role": "user", "content": [_tool_result(message) for message in group]})
        else:
            converted += [{"role": message["role"], "content": _blocks(message)} for message in group]
    return system, converted


def _is_result(message: JsonObject) -> bool:
    return bool(message["role"] == "tool")


def _tool_result(message: JsonObject) -> JsonObject:
    content = _each(message["content"], _anthropic_block)
    return {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": content}


def _blocks(message: JsonObject) -> Any:
    """Return the text of a message and the tools that it calls as content blocks; plain text stays text."""
    calls = message.get("tool_calls") or []
    content = _each(message.get("content"), _anthropic_block)
    if not calls:
        return content
    blocks = [{"type": "text", "text": content}] if isinstance(content, TEXT) and content else content or []
    uses = [
        {"type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": _arguments(call)}
        for call in calls
    ]
    return [*blocks, *uses]


def _to_gemini(messages: Sequence[JsonObject]) -> Converted:
    system, rest = _split_system(messages)
    names = {call["id"]: call["function"]["name"] for message in rest for call in message.get("tool_calls") or []}
    converted: list[JsonObject] = []
    for are_results, group in groupby(rest, _is_result):
        if are_results:
            converted.append({"role": "user", "parts": [_function_response(message, names) for message in group]})
        else:
            converted += [
                {"role": "model" if message["role"] == "assistant" else "user", "parts": _parts(message)}
                for message in group
            ]
    return system, converted


def _parts(message: JsonObject) -> list[Any]:
    """Return the text of a message and the functions that it calls as parts."""
    content = message.get("content")
    contents = [content] if isinstance(content, TEXT) and content else content or []
    calls = [
        {"functionCall": {"name": call["function"]["name"], "args": _arguments(call)}}
        for call in message.get("tool_calls") or []
    ]
    return [*(_gemini_part(part) for part in contents), *calls] or [{"text": ""}]


def _function_response(message: JsonObject, names: Mapping[str, str]) -> JsonObject:
    content, id_ = message["content"], message["tool_call_id"]
    try:
        response = json.loads(content)
    except (TypeError, ValueError):
        response = None
    if not isinstance(response, dict):
        response = {"result": content}
    return {"functionResponse": {"name": names.get(id_, id_), "response": response}}


def _split_system(messages: Sequence[JsonObject]) -> Converted:
    """Return the texts of the system messages, and the other messages."""
    system: list[str | Variable] = []
    for message in messages:
        if message["role"] in SYSTEM_ROLES:
            content = message["content"]
            parts = [content] if isinstance(content, TEXT) else content
            system += [part if isinstance(part, TEXT) else part.get("text", "") for part in parts]
    return system, [message for message in messages if message["role"] not in SYSTEM_ROLES]


def _each(content: Any, convert_part: Callable[[Any], Any]) -> Any:
    return [convert_part(part) for part in content] if isinstance(content, list) else content


def _arguments(call: JsonObject) -> Any:
    """Return the arguments of a tool call as data, which these protocols want."""
    try:
        return json.loads(call["function"]["arguments"] or "{}")
    except ValueError:
        raise NotOffered(
            f"The arguments of the tool call {call['id']!r} are not JSON, which this protocol needs.",
            "Send this conversation with --protocol openai-chat.",
        ) from None


def _openai_part(part: Any) -> Any:
    """Return a part as chat completions have it; other parts stay as they are."""
    return {"type": "image_url", "image_url": {"url": _address(part)}} if isinstance(part, Image) else part


def _anthropic_block(part: Any) -> Any:
    """Return a part as a content block of the Messages API."""
    part = _read_part(part)
    if not isinstance(part, Image):
        return part
    data = _image_data(part, "media_type")
    return {"type": "image", "source": {"type": "base64", **data} if data else {"type": "url", "url": _address(part)}}


def _gemini_part(part: Any) -> Any:
    """Return a part as Gemini has it."""
    part = _read_part(part)
    if not isinstance(part, Image):
        is_text = isinstance(part, Mapping) and part.get("type") == "text"
        return {"text": part.get("text", "")} if is_text else part
    data = _image_data(part, "mimeType")
    return {"inlineData": data} if data else {"fileData": {"fileUri": _address(part)}}


def _address(image: Image) -> str | Variable:
    return image.source if image.suffix is None else Variable(f"image_url{image.suffix}")


def _image_data(image: Image, type_key: str) -> JsonObject | None:
    """Return media type and base64 text, or None where only the address is sent."""
    if image.suffix is None:
        uri = DATA_URI.fullmatch(image.source)
        return {type_key: uri[1], "data": uri[2]} if uri else None
    media_type, data = (Variable(f"image_{name}{image.suffix}") for name in ("type", "data"))
    return {type_key: media_type, "data": data} if image.is_file or image.is_data else None


def _read_part(part: Any) -> Any:
    """Return an image in the user's conversation as an Image, a bare text as a part, any other part as it is."""
    if isinstance(part, TEXT):
        return {"type": "text", "text": part}
    if not isinstance(part, Mapping) or part.get("type") != "image_url":
        return part
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, Mapping) else image
    if not isinstance(url, str):
        raise BadInput("An image in the conversation has no url.", 'Write {"image_url": {"url": "https://…"}}.')
    return Image(url, suffix=None)


# Each returns the system texts that are not among the messages, and the messages, both in its format. It raises
# BadInput for an image without a URL, NotOffered for arguments of a tool call that are not JSON.
FORMATS: Mapping[str, Callable[[Sequence[JsonObject]], Converted]] = {
    "messages": _to_openai,
    "blocks": _to_anthropic,
    "parts": _to_gemini,
}
