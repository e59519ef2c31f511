"""Ask a model on AITOLL for JSON that fits a schema, and print it."""

import json
import logging
import os
import re
import sys
from typing import Any

import jsonschema
import openai

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else the import downloads a price list
import litellm  # noqa: E402

litellm.suppress_debug_info = True  # else it prints advice on stdout

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

headers = {"Authorization": f"Bearer {API_KEY}"}
http = openai.DefaultHttpxClient(follow_redirects=False)
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
    messages = [{"role": "system", "content": instructions}, {"role": "user", "content": prompt}]
    response = litellm.completion(
        model=MODEL,
        custom_llm_provider="custom_openai",
        client=client,
        timeout=120,
        messages=messages,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "review", "strict": True, "schema": SCHEMA},
        },
        extra_body={"stream": False},
    )
    if (reason := response.choices[0].finish_reason) not in ("stop", "eos", "", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
    message = response.choices[0].message
    answer = parse_answer(message.content or message.get("refusal") or "")
    logger.info("Usage: %s", response.usage)
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
    except Exception as error:
        cause = getattr(error.__context__, "__context__", None) or error  # what the framework wraps
        status = f"HTTP {cause.status_code}: " if isinstance(cause, openai.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(cause, 'body', None) or cause.__cause__ or cause}".split()) or repr(cause)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
