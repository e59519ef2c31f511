"""Let a model on AITOLL call functions, and print its answer as it arrives."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from pydantic_ai import Agent, AgentRunResultEvent, Tool, UsageLimits
from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
TOOLS: dict[str, Any] = {
    "get_weather": {
        "description": "The current weather in a city.",
        "json_schema": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "A city, such as Oslo"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
    "get_time": {
        "description": "The current local time in a city.",
        "json_schema": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "A city, such as Oslo"}},
            "required": ["city"],
        },
    },
}

logger = logging.getLogger(__name__)


# Your own code goes here: what a function returns is sent to the model.
def get_weather(city: str, unit: str | None = None) -> Any:
    return {"temperature": 4, "unit": "celsius", "sky": "cloudy"}


def get_time(city: str) -> Any:
    return {"time": "14:05"}


FUNCTIONS: dict[str, Callable[..., Any]] = {"get_weather": get_weather, "get_time": get_time}


async def stream(prompt: str) -> AsyncIterator[str]:
    """Yield the pieces of the model's answer to one prompt, over at most 8 rounds of tool calls."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    headers = {"Authorization": f"Bearer {API_KEY}"}  # not the one in OPENAI_CUSTOM_HEADERS
    profile: Any = {"json_schema_transformer": None}  # else the schemas of the tools are made strict
    provider = OpenAICompatibleProvider(name="AITOLL", base_url=BASE_URL, api_key=API_KEY, profile=profile)
    provider.client.organization = provider.client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
    model = OpenAIChatModel(MODEL, provider=provider, settings={"timeout": 120, "extra_headers": headers})
    tools = [Tool.from_schema(partial(call_tool, name), name, **tool) for name, tool in TOOLS.items()]
    agent = Agent(model, tools=tools, retries=8)
    async with agent.run_stream_events(prompt, usage_limits=UsageLimits(request_limit=8)) as events:
        async for event in events:
            match event:
                case PartStartEvent(part=TextPart(text)) | PartDeltaEvent(delta=TextPartDelta(text)):
                    yield text
                case AgentRunResultEvent(result):
                    response, usage = result.response, result.usage
    if not (reason := (response.provider_details or {}).get("finish_reason")):
        raise ValueError("the stream ended before the answer was complete")
    if reason not in ("stop", "eos"):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
    logger.info("Usage: %s", usage)


async def call_tool(name: str, /, **arguments: Any) -> str:
    """Return what a function returns as JSON; an error is reported to the model."""
    try:
        return json.dumps(FUNCTIONS[name](**arguments), ensure_ascii=False)
    except Exception as error:
        logger.warning("Warning: the tool %s failed: %r", name, error)
        return json.dumps({"error": repr(error)})


async def main() -> None:
    async for text in stream("What is the weather in Oslo, and what time is it there?"):
        print(text, end="", flush=True)


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        asyncio.run(main())
    except Exception as error:
        reason = str(getattr(error.__cause__, "__cause__", None) or error) or repr(error)
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
