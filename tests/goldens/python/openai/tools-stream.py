"""Let a model on AITOLL call functions, and print its answer as it arrives."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import openai

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

headers = {"Authorization": f"Bearer {API_KEY}"}  # and not that of OPENAI_CUSTOM_HEADERS
http = openai.DefaultHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
client = openai.OpenAI(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
logger = logging.getLogger(__name__)


# Your own code goes here: what a function returns is sent to the model.
def get_weather(city: str, unit: str | None = None) -> Any:
    return {"temperature": 4, "unit": "celsius", "sky": "cloudy"}


def get_time(city: str) -> Any:
    return {"time": "14:05"}


FUNCTIONS: dict[str, Callable[..., Any]] = {"get_weather": get_weather, "get_time": get_time}


def stream(prompt: str) -> Iterator[str]:
    """Yield the pieces of the model's answer to one prompt, over at most 8 rounds of tool calls."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages: list[Any] = [{"role": "user", "content": prompt}]
    for _ in range(8):
        chunks = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS, stream=True)
        if "event-stream" not in chunks.response.headers.get("Content-Type", "event-stream"):
            raise openai.OpenAIError(f"no stream: {chunks.response.read().decode(errors='replace')}")
        message: dict[str, Any] = {"role": "assistant", "content": ""}
        finish_reason, usage = None, None
        extra: dict[str, object] = {}
        for chunk in chunks:
            for choice in chunk.choices or []:
                finish_reason = choice.finish_reason or finish_reason
                delta = choice.delta.model_dump(exclude_unset=True, warnings=False) if choice.delta else {}
                add_delta(message, delta)
                content = delta.get("content") or delta.get("refusal") or ""
                yield content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
            usage = chunk.usage.to_dict() if chunk.usage else usage
            extra |= chunk.model_extra or {}
        if not finish_reason:
            raise openai.OpenAIError(f"the stream ended before the answer was complete {extra or ''}")
        if finish_reason not in ("stop", "eos", "tool_calls"):
            logger.warning("Warning: the answer is incomplete: finish_reason is %s", finish_reason)
        logger.info("Usage: %s", usage or "not reported")
        for tool_call in message.get("tool_calls") or []:
            tool_call.pop("index", None)  # belongs to the stream alone
        messages.append(message)
        if not message.get("tool_calls"):
            return
        yield "\n" if message["content"] else ""
        messages += [run_tool(tool_call) for tool_call in message["tool_calls"]]
    raise openai.OpenAIError("no answer after 8 rounds of tool calls")


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


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for text in stream("What is the weather in Oslo, and what time is it there?"):
            print(text, end="", flush=True)
    except Exception as error:  # a broken stream may be an error of the HTTP library
        reason = str(getattr(error, "body", None) or error.__cause__ or error) or repr(error)
        if isinstance(error, openai.APIStatusError):
            reason = f"HTTP {error.status_code}: {' '.join(error.response.text.split())}"
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
