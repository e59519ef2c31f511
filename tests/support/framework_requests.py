"""How a framework changes a request: the form in which its programs send what a cassette holds.

Each difference is a rule that is applied to the recorded request before the comparison, for the programs of this library
only. The comparison itself stays as strict as for the others.
"""

import json
from collections.abc import Mapping
from typing import Any

from chat_completions.replay.cassette import Exchange

BETA = {"anthropic-beta": "structured-outputs-2025-11-13"}  # with tools, for the Claude models that the AI SDK knows
Message = Mapping[str, Any]


def sent_by_langchain(exchange: Exchange) -> Exchange:
    """Return the exchange with the body as LangChain sends it."""
    body = exchange.body
    if not isinstance(body, dict) or "messages" not in body:
        return exchange
    if exchange.path.endswith("/v1/messages"):
        messages = [{**one, "content": _with_is_error(one["content"])} for one in body["messages"]]
        return exchange._replace(body={**body, "messages": messages})
    messages = [_text_and_calls(one) for one in body["messages"]]
    return exchange._replace(body={"stream": False, **body, "messages": messages})


def sent_by_ai_sdk(exchange: Exchange) -> Exchange:
    """Return the exchange with the body as the AI SDK sends it."""
    body = exchange.body
    if not isinstance(body, dict) or "messages" not in body:
        return exchange
    if not exchange.path.endswith("/v1/messages"):
        messages = [_chat_message(one) for one in body["messages"]]
        choice: dict[str, Any] = {"tool_choice": "auto"} if "tools" in body else {}
        return exchange._replace(body={**choice, **body, "messages": messages})
    choice = {"tool_choice": {"type": "auto"}} if "tools" in body else {}
    texts: dict[str, Any] = {"system": _text_blocks(body["system"])} if "system" in body else {}
    texts["messages"] = [{**one, "content": _text_blocks(one["content"])} for one in body["messages"]]
    beta = BETA if "tools" in body and "claude" in body["model"] else {}
    return exchange._replace(body={**choice, **body, **texts}, headers={**exchange.headers, **beta})


def _text_and_calls(message: Message) -> dict[str, Any]:
    """Return a message with calls without its other fields, which the package drops."""
    calls = [
        {"id": call["id"], "type": "function", "function": dict(call["function"])}
        for call in message.get("tool_calls") or ()
    ]
    without_others = {"role": "assistant", "content": message.get("content") or None, "tool_calls": calls}
    return without_others if calls else dict(message)


def _chat_message(message: Message) -> dict[str, Any]:
    """Return a message of chat completions in the form of the AI SDK, which also keeps the reasoning."""
    if message["role"] == "tool":
        return {**message, "content": _tool_result(message["content"])}
    keeps_reasoning = message.get("tool_calls") and message.get("reasoning_content")
    reasoning = {"reasoning_content": message["reasoning_content"]} if keeps_reasoning else {}
    return {**_text_and_calls(message), **reasoning}


def _with_is_error(content: Any) -> Any:
    """Add to each result of a tool that it is not an error."""
    if isinstance(content, str):
        return content
    return [{**block, "is_error": False} if block["type"] == "tool_result" else block for block in content]


def _text_blocks(content: Any) -> Any:
    """Return a text as a block, and the results of tools as the AI SDK writes them."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [
        {**block, "content": _tool_result(block["content"])} if block["type"] == "tool_result" else block
        for block in content
    ]


def _tool_result(content: str) -> str:
    """Return a text without its quotes, all else as JSON."""
    return str(json.loads(content)) if content.startswith('"') else content
