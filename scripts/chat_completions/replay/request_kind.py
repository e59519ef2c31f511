"""Says what kind of request one is: its protocol, and what an answer to it must hold."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.load import load_protocol
from chat_completions.replay.request_contents import (
    find_images,
    messages_of,
    tool_results,
    user_tools,
    wanted_schema,
)


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
        has_images=any(True for _ in find_images(fields))
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
