"""Let a model on AIReiter call functions, and print its answer as it arrives."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
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


def stream(prompt: str) -> Iterator[str]:
    """Yield the pieces of the model's answer to one prompt, over at most 8 rounds of tool calls."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    messages: list[Any] = [{"role": "user", "content": prompt}]
    for _ in range(8):
        events = client.messages.create(model=MODEL, messages=messages, tools=TOOLS, max_tokens=4096, stream=True)
        if "event-stream" not in events.response.headers.get("Content-Type", "event-stream"):
            raise anthropic.AnthropicError(f"no stream: {events.response.read().decode(errors='replace')}")
        blocks: list[dict[str, Any]] = []
        stop_reason = None
        usage: Any = {}
        for event in events:
            add_event(blocks, event.to_dict())
            if event.type == "content_block_start":
                yield getattr(event.content_block, "text", None) or ""
            elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                yield event.delta.text
            elif event.type == "message_start":
                usage |= event.message.to_dict().get("usage") or {}
            elif event.type == "message_delta":
                stop_reason = event.delta.stop_reason or stop_reason
                usage |= event.to_dict().get("usage") or {}
            elif event.type == "message_stop":
                break
        if not stop_reason:
            raise anthropic.AnthropicError("the stream ended before the answer was complete")
        if stop_reason not in ("end_turn", "stop_sequence", "tool_use"):
            logger.warning("Warning: the answer is incomplete: stop_reason is %s", stop_reason)
        logger.info("Usage: %s", usage or "not reported")
        content = finish_blocks(blocks)
        calls = [block for block in content if block["type"] == "tool_use"]
        messages.append({"role": "assistant", "content": content})  # goes back as it came
        if not calls:
            return
        yield "\n" if any(block.get("text") for block in content) else ""
        messages.append({"role": "user", "content": [run_tool(call) for call in calls]})
    raise anthropic.AnthropicError("no answer after 8 rounds of tool calls")


def add_event(blocks: list[dict[str, Any]], event: dict[str, Any]) -> None:
    """Add a streamed event to the content blocks of the message."""
    index = event.get("index")
    if event["type"] == "content_block_start":
        blocks.append({**event["content_block"], "index": index})
    elif event["type"] == "content_block_delta":
        block = next((block for block in reversed(blocks) if block["index"] == index), None)  # several may have it
        if not block:  # some gateways announce no block
            blocks.append(block := {"type": "text", "index": index})
        for key, value in event["delta"].items():
            if key == "citation":
                block["citations"] = [*(block.get("citations") or []), value]
            elif key != "type":
                block[key] = (block.get(key) or "") + value if isinstance(value, str) else value


def finish_blocks(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the blocks as they go back: the input of a call is an object, and an empty text is left out."""
    for block in blocks:
        del block["index"]
        if block["type"].endswith("tool_use"):  # a call of our tools, or of the server's own
            text = block.pop("partial_json", "")
            try:
                block["input"] = json.loads(text) if text else block.get("input") or {}
            except ValueError:  # goes back in an object, as the API wants it
                block["input"] = {"INVALID_JSON": text}
    return [block for block in blocks if block.get("text") != ""]


def run_tool(call: dict[str, Any]) -> dict[str, Any]:
    """Return the result of one call as a content block; an error is reported to the model."""
    result = {"type": "tool_result", "tool_use_id": call["id"]}
    try:
        return result | {"content": json.dumps(FUNCTIONS[call["name"]](**call["input"]), ensure_ascii=False)}
    except Exception as error:
        logger.warning("Warning: the tool %s failed: %r", call["name"], error)
        return result | {"content": repr(error), "is_error": True}


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for text in stream("What is the weather in Oslo, and what time is it there?"):
            print(text, end="", flush=True)
    except Exception as error:  # a broken stream may be an error of the HTTP library
        status = f"HTTP {error.status_code}: " if isinstance(error, anthropic.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(error, 'body', None) or error.__cause__ or error}".split()) or repr(error)
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
