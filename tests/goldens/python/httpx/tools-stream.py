"""Let a model on AITOLL call functions, and print its answer as it arrives."""

import contextlib
import json
import logging
import os
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from httpx_retries import Retry, RetryTransport
from httpx_sse import EventSource

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The current weather in a city.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "A city, such as Oslo"},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                },
                "required": ["city"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "get_time",
            "description": "The current local time in a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "A city, such as Oslo"}},
                "required": ["city"],
            },
        },
    },
]

logger = logging.getLogger(__name__)


class ShortRetry(Retry):
    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the server asks to wait; 0, for our own pause, if over 60 or unreadable."""
        return int(retry_after) if retry_after.isdecimal() and int(retry_after) <= 60 else 0


BUSY = [429, *range(500, 600)]
retries = ShortRetry(2, ["POST"], BUSY, [httpx.ConnectError, httpx.ConnectTimeout], backoff_factor=0.5)
base = urllib.parse.urlsplit(BASE_URL)  # httpx leaves the proxy of the environment to the transport
proxies = {} if urllib.request.proxy_bypass(base.netloc) else urllib.request.getproxies()
proxy = proxies.get(base.scheme) or proxies.get("all")
proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy
transport = RetryTransport(httpx.HTTPTransport(proxy=proxy), retries)
client = httpx.Client(timeout=httpx.Timeout(120, connect=10), transport=transport)


# Your own code goes here: what a function returns is sent to the model.
def get_weather(city: str, unit: str | None = None) -> Any:
    return {"temperature": 4, "unit": "celsius", "sky": "cloudy"}


def get_time(city: str) -> Any:
    return {"time": "14:05"}


FUNCTIONS: dict[str, Callable[..., Any]] = {"get_weather": get_weather, "get_time": get_time}


def stream(prompt: str) -> Iterator[str]:
    """Yield the pieces of the model's answer to one prompt, over at most 8 rounds of tool calls."""
    messages: list[Any] = [{"role": "user", "content": prompt}]
    for _ in range(8):
        message: dict[str, Any] = {"role": "assistant", "content": ""}
        yield from complete(messages, message)
        calls = message.get("tool_calls") or []
        if not calls:
            return
        yield "\n" if message["content"] else ""
        messages += [message, *(run_tool(call) for call in calls)]
    raise ValueError("no answer after 8 rounds of tool calls")


def complete(messages: list[Any], message: dict[str, Any]) -> Iterator[str]:
    """Yield the pieces of the next message, and put all that arrives into `message`."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    request = client.build_request(
        "POST",
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "tools": TOOLS, "stream": True},
    )
    response = client.send(request, stream=True)
    if response.status_code != 200 or "event-stream" not in response.headers.get("Content-Type", ""):
        response.read()
        raise http_error(response, response.text)
    finish_reason, usage, chunk = None, None, None
    for sse in EventSource(response).iter_sse():
        data = sse.data.strip()
        if not data:  # a sign of life
            continue
        if data == "[DONE]":
            finish_reason = finish_reason or (chunk and "stop")  # some models send none
            break
        chunk = json.loads(data) if data.startswith("{") else {"message": data}  # text is an error
        fields = ("error",) if chunk.get("choices") else ("error", "errors", "message", "msg", "detail", "error_msg")
        if any(chunk.get(name) for name in fields):
            raise http_error(response, data)
        for choice in filter(None, chunk.get("choices") or []):
            delta = choice.get("delta") or {}
            add_delta(message, delta)
            content = delta.get("content") or delta.get("refusal") or ""
            yield content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
            finish_reason = choice.get("finish_reason") or finish_reason
        usage = chunk.get("usage") or usage
    if not finish_reason:
        raise httpx.RemoteProtocolError("the stream ended before the answer was complete")
    if finish_reason not in ("stop", "eos", "tool_calls"):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", finish_reason)
    for tool_call in message.get("tool_calls") or []:
        tool_call.pop("index", None)  # belongs to the stream alone
    logger.info("Usage: %s", usage or "not reported")


def add_delta(message: dict[str, Any], delta: dict[str, Any]) -> None:
    """Add a piece of a streamed message: texts grow, lists merge by index, all else replaces."""
    for key, value in delta.items():
        old = message.get(key)
        if isinstance(value, list):
            message[key] = old or []
            for item in value:
                add_item(message[key], item)
        elif isinstance(value, dict) and isinstance(old, dict):
            add_delta(old, value)
        elif isinstance(value, str) and isinstance(old, str) and key not in ("role", "id", "type", "name", "format"):
            message[key] = old + value
        elif value or key not in message:
            message[key] = value


def add_item(items: list[dict[str, Any]], piece: dict[str, Any]) -> None:
    """Add a piece of a tool call to the call it continues, or as a new one."""
    key = "index" if piece.get("index") is not None else "id" if piece.get("id") else None
    last = ([item for item in items if not key or item.get(key) == piece.get(key)] or [{}])[-1]
    names = [(item.get("function") or {}).get("name") for item in (last, piece)]
    is_new = all(names) and (not piece.get("id") or piece["id"] != last.get("id", piece["id"]))  # an index may be shared
    is_other = last.get("type") and piece.get("type") not in (None, "", last["type"])  # a thought, then a text
    if not last or is_new or is_other:
        items.append(piece)
    else:
        add_delta(last, piece)


def run_tool(tool_call: dict[str, Any]) -> dict[str, Any]:
    """Return the result of one call as a message; an error is reported to the model."""
    function = tool_call["function"]
    name = function.get("name")
    tool_call["id"] = tool_call.get("id") or f"call_{id(tool_call)}"  # some servers give none, all want one back
    if not isinstance(function.get("arguments"), str):  # some servers send an object, all want text back
        function["arguments"] = json.dumps(function.get("arguments") or {})
    try:
        result = FUNCTIONS[name](**json.loads(function["arguments"] or "{}"))
        content = json.dumps(result, ensure_ascii=False)
    except Exception as error:
        logger.warning("Warning: the tool %s failed: %r", name, error)
        content = json.dumps({"error": repr(error)})
    return {"role": "tool", "tool_call_id": tool_call["id"], "content": content}


def http_error(response: httpx.Response, body: Any) -> httpx.HTTPStatusError:
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    with contextlib.suppress(TypeError, ValueError):  # a message already, or a web page
        body = json.loads(body)
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part} if part:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part] if part:
            return http_error(response, part)
    reason = " ".join(f"HTTP {response.status_code}: {body}".split())
    return httpx.HTTPStatusError(reason, request=response.request, response=response)


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for text in stream("What is the weather in Oslo, and what time is it there?"):
            print(text, end="", flush=True)
    except Exception as error:  # of the network, or of an answer in an unexpected form
        reason = str(error) or repr(error)  # some timeouts have no text
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
