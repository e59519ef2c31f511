"""Ask a model on AITOLL for JSON that fits a schema, and print it."""

import json
import logging
import os
import re
import sys

import jsonschema
import openai

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
SCHEMA = {
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


def ask(prompt):
    """Return the model's answer as a value that fits SCHEMA, to one prompt."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    instructions = (
        f"Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: {json.dumps(SCHEMA)}"
    )
    messages = [{"role": "system", "content": instructions}, {"role": "user", "content": prompt}]
    http_client = openai.DefaultHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
    client = openai.OpenAI(api_key=API_KEY, base_url=BASE_URL, http_client=http_client)
    client.organization = client.project = None  # not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    completion = client.chat.completions.create(
        model=MODEL,
        messages=messages,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "review", "strict": True, "schema": SCHEMA},
        },
        stream=False,
    )
    if not getattr(completion, "choices", None):  # an error with status 200, or a web page
        raise openai.OpenAIError(f"no answer: {getattr(completion, 'model_extra', None) or completion!r}")
    message = completion.choices[0].message
    answer = parse_answer(message.content or message.refusal or "")
    logger.info("Usage: %s", completion.usage and completion.usage.to_dict())
    return answer


def parse_answer(text):
    """Return the JSON value in an answer; it may stand after thoughts, in a fence or between words."""
    text = text.rpartition("</think>")[2].strip()
    for start in re.finditer(r"\A|```\w*\s*|(?=[{\[])", text):
        try:
            answer, _ = json.JSONDecoder().raw_decode(text, start.end())
            break
        except ValueError:  # no JSON starts here
            continue
    else:
        raise ValueError(f"the answer is not JSON: {text[:300]!r}")
    try:
        jsonschema.validate(answer, SCHEMA)
    except jsonschema.ValidationError as error:
        raise ValueError(f"the answer does not fit the schema: {error.message[:300]}") from None
    return answer


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print(json.dumps(ask("Rate this review: great sound, weak battery."), indent=2, ensure_ascii=False))
    except openai.APIStatusError as error:
        match error.body:
            case {"metadata": {"raw": words}} | {"message": words} | {"msg": words} | {"detail": words} | words:
                sys.exit(f"Error: HTTP {error.status_code}: {words!r}".replace(API_KEY, "***")[:300])
    except (openai.OpenAIError, ValueError) as error:
        sys.exit(f"Error: {error.__cause__ or error}".replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
