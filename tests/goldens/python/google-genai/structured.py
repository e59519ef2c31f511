"""Ask a model on AIClient-2-API for JSON that fits a schema, and print it."""

import json
import logging
import os
import re
import sys
from typing import Any

import jsonschema
from google import genai
from google.genai import types

API_KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = (os.environ.get("AICLIENT2API_BASE_URL") or "http://localhost:3000").rstrip("/")
MODEL = "gemini-2.5-flash"  # or "gemini-3-flash-preview"
SCHEMA: dict[str, Any] = {
    "title": "review",
    "type": "object",
    "properties": {
        "sentiment": {"type": "string", "enum": ["positive", "negative", "mixed"]},
        "score": {"type": "number", "description": "from -1 to 1"},
        "highlights": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["sentiment", "score", "highlights"],
    "additionalProperties": False,
}

logger = logging.getLogger(__name__)


def ask(prompt: str) -> Any:
    """Return the model's answer to one prompt as a value that fits SCHEMA."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AICLIENT2API_API_KEY is missing or malformed: export AICLIENT2API_API_KEY='your key'")
    instructions = (  # for models that take no heed of the parameter
        f"Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: {json.dumps(SCHEMA)}"
    )
    options = types.HttpOptions(base_url=BASE_URL, api_version="v1beta", timeout=120_000)  # milliseconds
    options.retry_options = types.HttpRetryOptions(attempts=3)
    options.client_args = {"follow_redirects": False}
    client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options)  # GOOGLE_GENAI_USE_VERTEXAI may be set
    config: Any = {
        "response_mime_type": "application/json",
        "response_json_schema": SCHEMA,
        "system_instruction": {"parts": [{"text": instructions}]},
    }
    response = client.models.generate_content(model=MODEL, contents=prompt, config=config)
    if not response.candidates:  # a web page, an error with status 200, or a blocked prompt
        raise ValueError(f"no answer: {response.to_json_dict().get('prompt_feedback', 'an error or a web page')}")
    reason = response.candidates[0].finish_reason
    if reason not in ("STOP", None):
        logger.warning("Warning: the answer is incomplete: finishReason is %s", reason.value)
    answer = parse_answer(response.text or "")
    logger.info("Usage: %s", response.to_json_dict().get("usage_metadata", "not reported"))
    return answer


def parse_answer(text: str) -> Any:
    """Return the JSON value in an answer, with thoughts, a fence or prose around it."""
    text = re.sub(r"(?is)\A.*</think(ing)?>|\A\s*<think(ing)?>.*", "", text).strip()
    problem, end = f"the answer is not JSON: {text[:300]!r}", 0
    for start in re.finditer(r"\A|```\w*\s*|(?=[{\[])", text):  # the start, a fence, a bracket
        if start.end() < end:  # inside a value that does not fit
            continue
        try:
            answer, end = json.JSONDecoder().raw_decode(text, start.end())
            jsonschema.validate(answer, SCHEMA)
            return answer
        except json.JSONDecodeError:
            if re.match(r'[{\[]\s*["{\[]', text[start.end() :]):  # damaged JSON: a part of it is no answer
                break
        except jsonschema.ValidationError as error:
            problem = f"the answer does not fit the schema: {error.message[:300]}"
    raise ValueError(problem)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(json.dumps(ask("Rate this review: great sound, weak battery."), indent=2, ensure_ascii=False))
    except Exception as error:  # the SDK lets the errors of its HTTP library through
        reason = str(error) or repr(error)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
