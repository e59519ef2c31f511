"""Let a model on AITOLL call functions, and print its answer as it arrives."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import openai
from langchain_core.messages import ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

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

http_client = openai.DefaultHttpxClient(follow_redirects=False)
chat_model = ChatOpenAI(
    model=MODEL,
    api_key=SecretStr(API_KEY or "none"),
    base_url=BASE_URL,
    timeout=openai.Timeout(120, connect=10),
    use_responses_api=False,
    http_client=http_client,
    default_headers={"Authorization": f"Bearer {API_KEY}"},
)
chat_model.root_client.organization = chat_model.root_client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
llm = chat_model.bind_tools(TOOLS)
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
        message: Any = None
        reason, usage = None, None
        for chunk in llm.stream(messages):
            message = message + chunk if message else chunk
            reason = chunk.response_metadata.get("finish_reason") or reason
            usage = chunk.usage_metadata or usage
            yield chunk.text or chunk.additional_kwargs.get("refusal") or ""
        if not reason:
            raise ValueError("the stream ended before the answer was complete")
        if reason not in ("stop", "eos", "tool_calls"):
            logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
        logger.info("Usage: %s", usage or "not reported")
        messages.append(message)  # ChatOpenAI keeps no reasoning and no thought signature for the next round
        if not message.tool_call_chunks:
            return
        yield "\n" if message.text else ""
        messages += [run_tool(tool_call) for tool_call in message.tool_call_chunks]
    raise ValueError("no answer after 8 rounds of tool calls")


def run_tool(tool_call: Any) -> ToolMessage:
    """Return the result of one call as a message; an error is reported to the model."""
    try:
        arguments = tool_call["args"] or "{}"  # text where it comes in pieces, or is no JSON object
        arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
        content = json.dumps(FUNCTIONS[tool_call["name"]](**arguments), ensure_ascii=False)
    except Exception as error:
        logger.warning("Warning: the tool %s failed: %r", tool_call["name"], error)
        content = json.dumps({"error": repr(error)})
    return ToolMessage(content, tool_call_id=tool_call["id"])


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for text in stream("What is the weather in Oslo, and what time is it there?"):
            print(text, end="", flush=True)
    except Exception as error:
        cause = error.__cause__ or error  # what the framework wraps
        reason = str(getattr(cause, "body", None) or cause.__cause__ or cause) or repr(cause)
        if isinstance(cause, openai.APIStatusError):
            reason = f"HTTP {cause.status_code}: {' '.join(cause.response.text.split())}"
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
