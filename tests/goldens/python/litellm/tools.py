"""Let a model on AITOLL call functions, and print its answer."""

import json
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

import openai

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else the import downloads a price list
import litellm  # noqa: E402

litellm.suppress_debug_info = True  # else it prints advice on stdout

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

headers = {"Authorization": f"Bearer {API_KEY}"}
http = openai.DefaultHttpxClient(follow_redirects=False)
client = openai.OpenAI(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
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
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages: list[Any] = [{"role": "user", "content": prompt}]
    for _ in range(8):
        response = litellm.completion(
            model=MODEL,
            custom_llm_provider="custom_openai",
            client=client,
            timeout=120,
            messages=messages,
            tools=TOOLS,
            extra_body={"stream": False},
        )
        if (reason := response.choices[0].finish_reason) not in ("stop", "eos", "tool_calls", "", None):
            logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
        message = response.choices[0].message
        logger.info("Usage: %s", response.usage)
        messages.append(message)
        if not message.tool_calls:
            return message.content or message.get("refusal") or ""
        messages += [run_tool(tool_call) for tool_call in message.tool_calls]
    raise ValueError("no answer after 8 rounds of tool calls")


def run_tool(tool_call: Any) -> dict[str, Any]:
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
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(ask("What is the weather in Oslo, and what time is it there?"))
    except Exception as error:
        cause = getattr(error.__context__, "__context__", None) or error  # what the framework wraps
        status = f"HTTP {cause.status_code}: " if isinstance(cause, openai.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(cause, 'body', None) or cause.__cause__ or cause}".split()) or repr(cause)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
