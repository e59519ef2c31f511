"""Let a model on AIReiter call functions, and print its answer."""

import json
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

import anthropic

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")
MODEL = "claude-sonnet-4-6"  # or "claude-opus-4-6"
TOOLS: list[Any] = [
    {
        "name": "get_weather",
        "description": "The current weather in a city.",
        "input_schema": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "A city, such as Oslo"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
    {
        "name": "get_time",
        "description": "The current local time in a city.",
        "input_schema": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "A city, such as Oslo"}},
            "required": ["city"],
        },
    },
]

headers: Any = {"anthropic-version": "2023-06-01", "Authorization": f"Bearer {API_KEY}", "X-Api-Key": anthropic.Omit()}
http = anthropic.DefaultHttpxClient(timeout=anthropic.Timeout(120, connect=10), follow_redirects=False)
client = anthropic.Anthropic(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
logger = logging.getLogger(__name__)


# Your own code goes here: what a function returns is sent to the model.
def get_weather(city: str, unit: str | None = None) -> Any:
    return {"temperature": 4, "unit": "celsius", "sky": "cloudy"}


def get_time(city: str) -> Any:
    return {"time": "14:05"}


FUNCTIONS: dict[str, Callable[..., Any]] = {"get_weather": get_weather, "get_time": get_time}


def ask(prompt: str) -> str:
    """Return the model's answer to one prompt, after at most 8 rounds of tool calls."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    messages: list[Any] = [{"role": "user", "content": prompt}]
    for _ in range(8):
        message = client.messages.create(model=MODEL, messages=messages, tools=TOOLS, max_tokens=4096, stream=False)
        if getattr(message, "content", None) is None:  # a web page, or an error with status 200
            raise anthropic.AnthropicError(f"no answer: {getattr(message, 'model_extra', message)!r}")
        if message.stop_reason not in ("end_turn", "stop_sequence", "tool_use", None):
            logger.warning("Warning: the answer is incomplete: stop_reason is %s", message.stop_reason)
        logger.info("Usage: %s %s", message.usage and message.usage.to_dict(), message.model_extra)
        content: list[Any] = [block.to_dict() for block in message.content if getattr(block, "text", None) != ""]
        calls = [block for block in content if block["type"] == "tool_use"]
        messages.append({"role": "assistant", "content": content})  # goes back as it came
        if not calls:
            return "".join(block["text"] for block in content if block["type"] == "text")
        messages.append({"role": "user", "content": [run_tool(call) for call in calls]})
    raise anthropic.AnthropicError("no answer after 8 rounds of tool calls")


def run_tool(call: dict[str, Any]) -> dict[str, Any]:
    """Return the result of one call as a content block; an error is reported to the model."""
    result = {"type": "tool_result", "tool_use_id": call["id"]}
    try:
        return result | {"content": json.dumps(FUNCTIONS[call["name"]](**call["input"]), ensure_ascii=False)}
    except Exception as error:
        logger.warning("Warning: the tool %s failed: %r", call["name"], error)
        return result | {"content": repr(error), "is_error": True}


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(ask("What is the weather in Oslo, and what time is it there?"))
    except Exception as error:  # the SDK does not check the form of a reply
        status = f"HTTP {error.status_code}: " if isinstance(error, anthropic.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(error, 'body', None) or error.__cause__ or error}".split()) or repr(error)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
