"""Reads what a request holds, whatever its protocol: tools, their results, a wanted schema, images."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.replay.matching import split_schema

IMAGE_PARTS = ("image_url", "image", "input_image")
INLINE_IMAGES = ("inlineData", "inline_data", "fileData", "file_data")


class UserTool(NamedTuple):
    """A tool of a request, whatever the protocol."""

    name: str
    parameters: Any


def user_tools(body: Mapping[str, Any]) -> list[UserTool]:
    """Return the functions that the model may call."""
    tools = []
    for tool in body.get("tools") or ():
        declared = tool.get("functionDeclarations") or tool.get("function_declarations") or [tool.get("function", tool)]
        for item in declared:
            names = ("parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema")
            schema: Any = next((item[name] for name in names if name in item), {})
            tools += [UserTool(item["name"], schema)] if "name" in item else []
    return tools


def wanted_schema(body: Mapping[str, Any]) -> Any:
    """Return the JSON Schema that the answer must follow: from a parameter, else from the texts; None without one."""
    config = body.get("generationConfig") or {}
    asked = (body.get("response_format") or {}).get("json_schema") or {}
    output = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    found = [config.get("responseJsonSchema"), config.get("responseSchema"), asked.get("schema"), output.get("schema")]
    found += [split_schema(text)[1] for text in _texts(body)]
    if (body.get("response_format") or {}).get("type") == "json_object" or "responseMimeType" in config:
        found.append({"type": "object"})
    return next((schema for schema in found if schema is not None), None)


def tool_results(body: Mapping[str, Any]) -> list[str]:
    """Return what the tools returned in the last turn; empty where it is no such turn."""
    results: list[str] = []
    for message in reversed(messages_of(body)):
        if message.get("role") == "tool":
            results.insert(0, _as_text(message.get("content")))
            continue
        if not results:
            parts = [part for part in _parts(message) if isinstance(part, Mapping)]
            results = [_as_text(part.get("content")) for part in parts if part.get("type") == "tool_result"]
            results += [
                _as_text(part["functionResponse"].get("response")) for part in parts if "functionResponse" in part
            ]
        break
    return results


def messages_of(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the turns of a conversation."""
    messages = body.get("messages") or body.get("contents") or []
    return [message for message in messages if isinstance(message, Mapping)] if isinstance(messages, list) else []


def find_images(body: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the images that go out with a request."""
    for message in messages_of(body):
        for part in _parts(message):
            if isinstance(part, Mapping) and (
                part.get("type") in IMAGE_PARTS or any(key in part for key in INLINE_IMAGES)
            ):
                yield part
    if (body.get("params") or {}).get("image_url"):
        yield body["params"]["image_url"]


def _parts(message: Mapping[str, Any]) -> Sequence[Any]:
    content = message.get("parts") or message.get("content") or []
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text of the request that may hold instructions."""
    system = body.get("system") or body.get("systemInstruction") or []
    turns = [system if isinstance(system, Mapping) else {"content": system}, *messages_of(body)]
    for turn in turns:
        for part in _parts(turn):
            if isinstance(part, Mapping) and isinstance(part.get("text"), str):
                yield part["text"]


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_as_text(part.get("text", "") if isinstance(part, Mapping) else part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
