"""What the AI SDK makes of a request: the form in which its programs send what a cassette holds.

The SDK has its own order and form of the same request. Each difference stands here as a rule, which is applied to
the recorded request before it is compared, for the programs of this library alone: nothing is compared more loosely.
"""

import json
from collections.abc import Mapping
from typing import Any

from chat_completions.replay.cassette import Exchange

BETA = {"anthropic-beta": "structured-outputs-2025-11-13"}  # with tools, for the Claude models that it knows


def as_sent(exchange: Exchange) -> Exchange:
    """Return the exchange with the body as the AI SDK sends it."""
    body = exchange.body
    if not isinstance(body, dict) or "messages" not in body:
        return exchange
    if not exchange.path.endswith("/v1/messages"):
        return exchange._replace(body=_openai_chat(body))
    beta = BETA if "tools" in body and "claude" in body["model"] else {}
    return exchange._replace(body=_anthropic_messages(body), headers={**exchange.headers, **beta})


def _openai_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """Name the usual choice of tools; send of a turn with calls only the text, the reasoning and the calls."""
    sent = {**body, "messages": [_openai_message(message) for message in body["messages"]]}
    return {"tool_choice": "auto", **sent} if "tools" in body else sent


def _openai_message(message: Mapping[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        return {**message, "content": _result(message["content"])}
    if not message.get("tool_calls"):
        return dict(message)
    calls = [
        {"id": call["id"], "type": "function", "function": dict(call["function"])} for call in message["tool_calls"]
    ]
    reasoning = {"reasoning_content": message["reasoning_content"]} if message.get("reasoning_content") else {}
    return {"role": "assistant", "content": message.get("content") or None, **reasoning, "tool_calls": calls}


def _anthropic_messages(body: Mapping[str, Any]) -> dict[str, Any]:
    """Name the usual choice of tools; write every text as a block."""
    sent = {**body, "messages": [{**message, "content": _blocks(message["content"])} for message in body["messages"]]}
    if "system" in body:
        sent["system"] = _blocks(body["system"])
    return {"tool_choice": {"type": "auto"}, **sent} if "tools" in body else sent


def _blocks(content: Any) -> Any:
    """Return texts as blocks, and the results of tools as the SDK writes them."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [
        {**block, "content": _result(block["content"])} if block["type"] == "tool_result" else block
        for block in content
    ]


def _result(content: str) -> str:
    """Return what a tool returned: a text as it is, all else as JSON."""
    return str(json.loads(content)) if content.startswith('"') else content
