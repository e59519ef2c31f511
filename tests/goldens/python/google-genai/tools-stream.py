"""Let a model on AIClient-2-API call functions, and print its answer as it arrives."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from google import genai
from google.genai import types

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = (os.environ.get("AICLIENT2API_BASE_URL") or "http://localhost:3000").rstrip("/")
MODEL = "gemini-2.5-flash"  # or "gemini-3-flash-preview"
TOOLS: list[Any] = [
    {
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
    {
        "name": "get_time",
        "description": "The current local time in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "A city, such as Oslo"}},
            "required": ["city"],
        },
    },
]

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
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    contents: list[Any] = [{"role": "user", "parts": [{"text": prompt}]}]
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    options.client_args = {"follow_redirects": False}
    options.extra_body = {"tools": [{"functionDeclarations": TOOLS}]}  # the package would change the schemas
    client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options)  # GOOGLE_GENAI_USE_VERTEXAI may be set
    for _ in range(8):
        chunks = client.models.generate_content_stream(model=MODEL, contents=contents)
        parts, finish_reason, usage = [], None, None
        for chunk in chunks:
            if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
                raise ValueError(f"the prompt was blocked: {chunk.prompt_feedback.block_reason.value}")
            for candidate in chunk.candidates or []:
                finish_reason = candidate.finish_reason or finish_reason
            for part in chunk.parts or []:
                parts.append(part)
                if part.text and not part.thought:
                    yield part.text
            usage = chunk.to_json_dict().get("usage_metadata", usage)
        if not finish_reason:
            raise ValueError("the stream ended before the answer was complete")
        if finish_reason != "STOP":
            logger.warning("Warning: the answer is incomplete: finishReason is %s", finish_reason.value)
        logger.info("Usage: %s", usage or "not reported")
        calls = [part.function_call for part in parts if part.function_call]
        if not calls:
            return
        yield "\n" if any(part.text and not part.thought for part in parts) else ""
        contents.append({"role": "model", "parts": parts})  # goes back as it came
        contents.append({"role": "user", "parts": [run_tool(call) for call in calls]})
    raise ValueError("no answer after 8 rounds of tool calls")


def run_tool(call: types.FunctionCall) -> dict[str, Any]:
    """Return the result of one call as a part; an error is reported to the model."""
    try:
        result = FUNCTIONS[call.name or ""](**call.args or {})
        response = {"result": json.loads(json.dumps(result))}  # what is no JSON is an error, too
    except Exception as error:
        logger.warning("Warning: the tool %s failed: %r", call.name, error)
        response = {"error": repr(error)}
    return {"function_response": {"id": call.id, "name": call.name, "response": response}}


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for text in stream("What is the weather in Oslo, and what time is it there?"):
            print(text, end="", flush=True)
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        reason = str(error) or repr(error)
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
