"""Ask a model on AITOLL for JSON that fits a schema, and print it."""

import json
import logging
import os
import re
import sys
from typing import Any

import jsonschema
import openai

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"
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

headers = {"Authorization": f"Bearer {API_KEY}"}  # and not that of OPENAI_CUSTOM_HEADERS
http = openai.DefaultHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
client = openai.OpenAI(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
logger = logging.getLogger(__name__)


def ask(prompt: str) -> Any:
    """Return the model's answer to one prompt as a value that fits SCHEMA."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    instructions = (  # for models that take no heed of the parameter
        f"Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: {json.dumps(SCHEMA)}"
    )
    messages: list[Any] = [{"role": "system", "content": instructions}, {"role": "user", "content": prompt}]
    completion = client.chat.completions.create(
        model=MODEL,
        messages=messages,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "review", "strict": True, "schema": SCHEMA},
        },
        stream=False,
    )
    if not getattr(completion, "choices", None) or not getattr(completion.choices[0], "message", None):
        raise openai.OpenAIError(f"no answer: {getattr(completion, 'model_extra', completion)!r}")
    choice = completion.choices[0]
    if choice.finish_reason not in ("stop", "eos", "", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", choice.finish_reason)
    content = choice.message.content or choice.message.refusal or ""
    answer = parse_answer(content if isinstance(content, str) else "".join(part.get("text", "") for part in content))
    logger.info("Usage: %s", completion.usage.to_dict() if completion.usage else "not reported")
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
    except Exception as error:  # the SDK does not check the form of a reply
        reason = str(getattr(error, "body", None) or error.__cause__ or error) or repr(error)
        if isinstance(error, openai.APIStatusError):
            reason = f"HTTP {error.status_code}: {' '.join(error.response.text.split())}"
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
