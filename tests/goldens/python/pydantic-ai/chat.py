"""Ask a model on AITOLL and print its answer."""

import logging
import os
import sys

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"


def ask(prompt):
    """Return the model's answer to one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    provider = OpenAICompatibleProvider("AITOLL", base_url=BASE_URL, api_key=API_KEY)
    provider.client.organization = provider.client.project = None  # not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    model = OpenAIChatModel(MODEL, provider=provider, settings={"timeout": 120})
    result = Agent(model, retries=0).run_sync(prompt)
    if (reason := result.response.finish_reason) != "stop":
        logging.getLogger(__name__).warning("Warning: the answer is incomplete: finish_reason is %s", reason)
    return result.output


if __name__ == "__main__":
    try:
        print(ask("Say hello in one short sentence."))
    except (Exception, KeyboardInterrupt) as error:
        reason = f"{type(error).__name__}: {error}".replace(API_KEY or "***", "***")
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}"))[:300])
