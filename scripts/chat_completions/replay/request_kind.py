"""Read a request, whatever its protocol: what kind of request it is, and what an answer to it must contain."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.load import load_protocol

IMAGE_PARTS = ("image_url", "image", "input_image")
INLINE_IMAGES = ("inlineData", "inline_data", "fileData", "file_data")
TOOL_SCHEMAS = ("parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema")
SCHEMA_IN_TEXT = re.compile(r"JSON Schema:?\s*(?=[{\[])")
Body = Mapping[str, Any]


class RequestKind(NamedTuple):
    """The kind and contents of a request; `path` is the gateway's own, whatever the base URL was."""

    protocol: str
    path: str
    stream: bool
    polls: bool
    makes_image: bool
    has_images: bool
    tools: Mapping[str, Any]  # name -> JSON Schema of the parameters
    tool_results: Sequence[str]
    schema: Any  # JSON Schema of the answer, or None
    message_count: int

    @property
    def form(self) -> tuple[str, bool, bool, bool]:
        """Return what decides the form of the response."""
        return self.protocol, self.stream, self.polls, self.makes_image

    @property
    def contents(self) -> tuple[bool, bool, bool, bool]:
        """Return which kinds of content the request has."""
        return self.has_images, bool(self.tools), bool(self.tool_results), self.schema is not None


def find_kind(method: str, path: str, body: Any, gateway: Gateway) -> RequestKind | None:
    """Return the kind of a request to a gateway; None where the gateway has no such path."""
    endpoint = _find_endpoint(method, path, gateway)
    if endpoint is None:
        return None
    protocol, path_of_gateway, polls = endpoint
    fields: Body = body if isinstance(body, Mapping) else {}
    has_file = isinstance(body, list) and any("file" in field for field in body)
    return RequestKind(
        protocol=protocol,
        path=path_of_gateway,
        stream=":streamGenerateContent" in path or bool(fields.get("stream", gateway.stream_default.get(protocol))),
        polls=polls,
        makes_image=_makes_image(protocol, fields, gateway),
        has_images=has_file or _has_images(fields),
        tools=_tools(fields),
        tool_results=_tool_results(fields),
        schema=_answer_schema(fields),
        message_count=len(_messages(fields)),
    )


def _find_endpoint(method: str, path: str, gateway: Gateway) -> tuple[str, str, bool] | None:
    """Return protocol, path and whether it polls a task; the longest path that fits wins."""
    root = re.sub(r"^\w+://[^/]*", "", gateway.base_url).rstrip("/")
    matches = []
    for name, endpoints in gateway.endpoints.items():
        protocol = load_protocol(name)
        old, new = protocol.streaming.path if protocol.streaming and protocol.streaming.path else ("", "")
        for endpoint in endpoints:
            for known_path in (endpoint.path, endpoint.path.replace(old, new), endpoint.poll_path):
                pattern = re.escape(known_path.partition("?")[0]).replace(re.escape("{model}"), "[^?]+")
                match = re.search(rf"{pattern}(?:\?.*)?$", path) if known_path else None
                if match and (method == protocol.method or known_path == endpoint.poll_path):
                    matches.append((len(known_path), name, root + match[0], known_path == endpoint.poll_path))
    return max(matches)[1:] if matches else None


def _makes_image(protocol: str, body: Body, gateway: Gateway) -> bool:
    """Return whether the answer is an image."""
    if protocol in ("openai-images", "aireiter-tasks"):
        return True
    config = body.get("generationConfig") or {}
    modalities = [*(body.get("modalities") or ()), *(config.get("responseModalities") or ())]
    model = body.get("model", "")
    recommended = gateway.recommended_models.get(protocol, {}).get("image")
    is_image_model = "image" in model or (recommended is not None and model in recommended.models)
    return is_image_model or any(str(modality).lower() == "image" for modality in modalities)


def _tools(body: Body) -> dict[str, Any]:
    """Return the functions that the model may call, with the schemas of their parameters."""
    schemas: dict[str, Any] = {}
    for tool in body.get("tools") or ():
        declared = tool.get("functionDeclarations") or tool.get("function_declarations")
        for function in declared or [tool.get("function", tool)]:
            if "name" in function:
                schemas[function["name"]] = next((function[name] for name in TOOL_SCHEMAS if name in function), {})
    return schemas


def _answer_schema(body: Body) -> Any:
    """Return the JSON Schema that the answer must follow, from a parameter or from the texts."""
    config, response_format = body.get("generationConfig") or {}, body.get("response_format") or {}
    output = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    schemas = [config.get("responseJsonSchema"), config.get("responseSchema"), output.get("schema")]
    schemas += [(response_format.get("json_schema") or {}).get("schema")]
    schemas += [split_schema(text)[1] for text in _texts(body)]
    if response_format.get("type") == "json_object" or "responseMimeType" in config:
        schemas.append({"type": "object"})
    return next((schema for schema in schemas if schema is not None), None)


def split_schema(text: str) -> tuple[str, Any, str]:
    """Return a text in three parts: before the JSON Schema in it, the schema, and after; the schema may be None."""
    start = SCHEMA_IN_TEXT.search(text)
    if not start:
        return text, None, ""
    try:
        schema, end = json.JSONDecoder().raw_decode(text, start.end())
    except ValueError:
        return text, None, ""
    return text[: start.end()], schema, text[end:]


def _tool_results(body: Body) -> list[str]:
    """Return the results of tools that the last messages hold."""
    results: list[str] = []
    for message in reversed(_messages(body)):
        if message.get("role") != "tool":
            parts = [] if results else _parts(message)
            results += [_as_text(part.get("content")) for part in parts if part.get("type") == "tool_result"]
            responses = (part["functionResponse"] for part in parts if "functionResponse" in part)
            return results + [_as_text(response.get("response")) for response in responses]
        results.insert(0, _as_text(message.get("content")))
    return results


def _has_images(body: Body) -> bool:
    parts = [part for message in _messages(body) for part in _parts(message)]
    inline = any(part.get("type") in IMAGE_PARTS or part.keys() & INLINE_IMAGES for part in parts)
    return inline or bool((body.get("params") or {}).get("image_url"))


def _messages(body: Body) -> Sequence[Body]:
    messages = body.get("messages") or body.get("contents") or []
    return [message for message in messages if isinstance(message, Mapping)] if isinstance(messages, list) else []


def _parts(message: Body) -> Sequence[Body]:
    content = message.get("parts") or message.get("content") or []
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return [part for part in parts if isinstance(part, Mapping)]


def _texts(body: Body) -> Iterator[str]:
    """Yield every text of the request that may contain instructions."""
    system = body.get("system") or body.get("systemInstruction") or []
    for message in (system if isinstance(system, Mapping) else {"content": system}, *_messages(body)):
        yield from (part["text"] for part in _parts(message) if isinstance(part.get("text"), str))


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_as_text(part.get("text", "") if isinstance(part, Mapping) else part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
