"""Ask a model on AITOLL and print its answer."""

import logging
import os
import sys

import openai

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

logger = logging.getLogger(__name__)


def ask(prompt):
    """Return the model's answer to one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    http_client = openai.DefaultHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
    client = openai.OpenAI(api_key=API_KEY, base_url=BASE_URL, http_client=http_client)
    client.organization = client.project = None  # not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    completion = client.chat.completions.create(model=MODEL, messages=messages, stream=False)
    if not getattr(completion, "choices", None):  # an error with status 200, or a web page
        raise openai.OpenAIError(f"no answer: {getattr(completion, 'model_extra', None) or completion!r}")
    choice = completion.choices[0]
    if choice.finish_reason not in ("stop", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", choice.finish_reason)
    logger.info("Usage: %s", completion.usage and completion.usage.to_dict())
    return choice.message.content or choice.message.refusal or ""


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print(ask("Say hello in one short sentence."))
    except openai.APIStatusError as error:
        match error.body:
            case {"metadata": {"raw": words}} | {"message": words} | {"msg": words} | {"detail": words} | words:
                sys.exit(f"Error: HTTP {error.status_code}: {words!r}".replace(API_KEY, "***")[:300])
    except (openai.OpenAIError, ValueError) as error:
        sys.exit(f"Error: {error.__cause__ or error}".replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
