"""Ask a model on AITOLL about an image and print its answer."""

import logging
import os
import sys

import openai

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "gemini-3-flash-preview"  # or "gemini-3-pro-preview"
IMAGE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII="

logger = logging.getLogger(__name__)


def ask(prompt, image=IMAGE):
    """Return the model's answer to a prompt and its image."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    content = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": image}}]
    messages = [{"role": "user", "content": content}]
    headers = {"Authorization": f"Bearer {API_KEY}"}  # not the one in OPENAI_CUSTOM_HEADERS
    http = openai.DefaultHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
    client = openai.OpenAI(api_key=API_KEY, base_url=BASE_URL, default_headers=headers, http_client=http)
    client.organization = client.project = None  # not those in OPENAI_ORG_ID and OPENAI_PROJECT_ID
    completion = client.chat.completions.create(model=MODEL, messages=messages, stream=False)
    if not getattr(completion, "choices", None):  # a web page, or an error with status 200
        raise openai.OpenAIError(f"no answer: {getattr(completion, 'model_extra', completion)}")
    choice = completion.choices[0]
    if choice.finish_reason not in ("stop", "eos", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", choice.finish_reason)
    logger.info("Usage: %s", completion.usage or "not reported")
    return choice.message.content or choice.message.refusal or ""


def error_message(body):
    """Return the server's message in one line, wherever it stands in the body of its reply."""
    match body:
        case {"metadata": {"raw": str(text)}} | {"message": text} | {"msg": text} | {"detail": text} | {"error": text}:
            return error_message(text)
    return "".join(filter(str.isprintable, " ".join(str(body).split()))).replace(API_KEY or "***", "***")[:300]


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print(ask("What is in this picture?"))
    except openai.APIStatusError as error:
        sys.exit(f"Error: HTTP {error.status_code}: {error_message(error.body)}")
    except (openai.OpenAIError, OSError, ValueError) as error:
        sys.exit(f"Error: {error_message(error.__cause__ or error)}")
    except KeyboardInterrupt:
        sys.exit(130)
