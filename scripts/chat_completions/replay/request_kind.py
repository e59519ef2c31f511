"""Says what kind of request one is: its protocol, and what an answer to it must hold."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.load import load_protocol
from chat_completions.catalog.types import Gateway
from chat_completions.replay.matching import split_schema

IMAGE_PARTS = ("image_url", "image", "input_image")
INLINE_IMAGES = ("inlineData", "inline_data", "fileData", "file_data")


class RequestKind(NamedTuple):
    """The kind of a request. `path` is its path as the gateway has it, whatever the base URL was."""

    protocol: str
    path: str
    stream: bool
    polls: bool
    makes_image: bool
    has_images: bool
    has_tools: bool
    has_results: bool
    has_schema: bool
    turns: int


class UserTool(NamedTuple):
    """A tool of a request, whatever the protocol."""

    name: str
    parameters: Any


def find_kind(method: str, path: str, body: Any, gateway: Gateway) -> RequestKind | None:
    """Return the kind of a request to a gateway; None where the gateway has no such path."""
    found = _find_endpoint(method, path, gateway)
    if found is None:
        return None
    protocol, own_path, polls = found
    fields = body if isinstance(body, Mapping) else {}
    return RequestKind(
        protocol=protocol,
        path=own_path,
        stream=is_streamed(protocol, path, fields, gateway),
        polls=polls,
        makes_image=_makes_image(protocol, fields, gateway),
        has_images=any(True for _ in _images(fields))
        or (isinstance(body, list) and any("file" in one for one in body)),
        has_tools=bool(user_tools(fields)),
        has_results=bool(tool_results(fields)),
        has_schema=wanted_schema(fields) is not None,
        turns=len(messages_of(fields)),
    )


def is_streamed(protocol: str, path: str, body: Mapping[str, Any], gateway: Gateway) -> bool:
    """Return whether the answer is streamed: as asked for, else as the gateway does by default."""
    if ":streamGenerateContent" in path:
        return True
    return bool(body.get("stream", gateway.stream_default.get(protocol, False)))


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


def _find_endpoint(method: str, path: str, gateway: Gateway) -> tuple[str, str, bool] | None:
    """Return protocol, path and whether it asks for a task's state; the longest fitting endpoint wins."""
    root = re.sub(r"^\w+://[^/]*", "", gateway.base_url).rstrip("/")
    found = []
    for name, endpoints in gateway.endpoints.items():
        protocol = load_protocol(name)
        streamed = protocol.streaming.path if protocol.streaming else ()
        for endpoint in endpoints:
            paths = [
                endpoint.path,
                *([endpoint.path.replace(streamed[0], streamed[1]).partition("?")[0]] if streamed else []),
            ]
            for own in [*paths, endpoint.poll_path]:
                pattern = re.escape(own.partition("?")[0]).replace(re.escape("{model}"), "[^?]+")
                match = re.search(rf"{pattern}(?:\?.*)?$", path) if own else None
                if match and (method == protocol.method or own == endpoint.poll_path):
                    found.append((len(own), name, root + match[0], own == endpoint.poll_path))
    return max(found)[1:] if found else None


def _makes_image(protocol: str, body: Mapping[str, Any], gateway: Gateway) -> bool:
    if protocol in ("openai-images", "aireiter-tasks"):
        return True
    modalities = [
        *(body.get("modalities") or ()),
        *((body.get("generationConfig") or {}).get("responseModalities") or ()),
    ]
    if any(str(one).lower() == "image" for one in modalities):
        return True
    model = body.get("model", "")
    recommended = gateway.recommended_models.get(protocol, {}).get("image")
    return bool(model) and (model in (recommended.models if recommended else ()) or "image" in model)


def _images(body: Mapping[str, Any]) -> Iterator[Any]:
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
