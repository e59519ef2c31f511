"""Let a model on AIClient-2-API call functions, and print its answer."""

import json
import logging
import os
import sys
from collections.abc import Callable
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


def ask(prompt: str) -> str:
    """Return the model's answer to one prompt, after at most 8 rounds of tool calls."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    contents: list[Any] = [{"role": "user", "parts": [{"text": prompt}]}]
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    options.client_args = {"follow_redirects": False}
    options.extra_body = {"tools": [{"functionDeclarations": TOOLS}]}  # the package would change the schemas
    client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options)  # GOOGLE_GENAI_USE_VERTEXAI may be set
    for _ in range(8):
        response = client.models.generate_content(model=MODEL, contents=contents)
        if not response.candidates:  # a web page, an error with status 200, or a blocked prompt
            raise ValueError(f"no answer: {response.to_json_dict().get('prompt_feedback', 'an error or a web page')}")
        candidate = response.candidates[0]
        if candidate.finish_reason not in ("STOP", None):
            logger.warning("Warning: the answer is incomplete: finishReason is %s", candidate.finish_reason.value)
        logger.info("Usage: %s", response.to_json_dict().get("usage_metadata", "not reported"))
        if not response.function_calls:
            return response.text or ""
        results = [run_tool(call) for call in response.function_calls]
        contents.append(candidate.content)  # goes back as it came
        contents.append({"role": "user", "parts": results})
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
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(ask("What is the weather in Oslo, and what time is it there?"))
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        reason = str(error) or repr(error)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
