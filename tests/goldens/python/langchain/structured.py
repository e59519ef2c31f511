"""Ask a model on AITOLL for JSON that fits a schema, and print it."""

import json
import logging
import os
import re
import sys
from typing import Any

import jsonschema
import openai
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

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

http_client = openai.DefaultHttpxClient(follow_redirects=False)
llm = ChatOpenAI(
    model=MODEL,
    api_key=SecretStr(API_KEY or "none"),
    base_url=BASE_URL,
    timeout=openai.Timeout(120, connect=10),
    use_responses_api=False,
    http_client=http_client,
    default_headers={"Authorization": f"Bearer {API_KEY}"},
)
llm.root_client.organization = llm.root_client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
logger = logging.getLogger(__name__)


def ask(prompt: str) -> Any:
    """Return the model's answer to one prompt as a value that fits SCHEMA."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    instructions = (  # for models that take no heed of the parameter
        f"Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: {json.dumps(SCHEMA)}"
    )
    messages: list[Any] = [{"role": "system", "content": instructions}, {"role": "user", "content": prompt}]
    schema = {"name": "review", "strict": True, "schema": SCHEMA}
    structured = llm.with_structured_output(schema, include_raw=True)
    message = structured.invoke(messages)["raw"]
    answer = parse_answer(message.text or message.additional_kwargs.get("refusal") or "")
    logger.info("Usage: %s", message.usage_metadata or "not reported")
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
        cause = error.__cause__ or error  # what the framework wraps
        reason = str(getattr(cause, "body", None) or cause.__cause__ or cause) or repr(cause)
        if isinstance(cause, openai.APIStatusError):
            reason = f"HTTP {cause.status_code}: {' '.join(cause.response.text.split())}"
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
