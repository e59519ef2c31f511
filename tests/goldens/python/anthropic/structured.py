"""Ask a model on AIReiter for JSON that fits a schema, and print it."""

import json
import logging
import os
import re
import sys
from typing import Any

import anthropic
import jsonschema

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")
MODEL = "claude-sonnet-4-6"  # or "claude-sonnet-4-5-20250929"
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

headers: Any = {"anthropic-version": "2023-06-01", "Authorization": f"Bearer {API_KEY}", "X-Api-Key": anthropic.Omit()}
http = anthropic.DefaultHttpxClient(timeout=anthropic.Timeout(120, connect=10), follow_redirects=False)
client = anthropic.Anthropic(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
logger = logging.getLogger(__name__)


def ask(prompt: str) -> Any:
    """Return the model's answer to one prompt as a value that fits SCHEMA."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    instructions = (  # for models that take no heed of the parameter
        f"Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: {json.dumps(SCHEMA)}"
    )
    messages: list[Any] = [{"role": "user", "content": prompt}]
    message = client.messages.create(model=MODEL, system=instructions, messages=messages, max_tokens=4096, stream=False)
    if getattr(message, "content", None) is None:  # a web page, or an error with status 200
        raise anthropic.AnthropicError(f"no answer: {getattr(message, 'model_extra', message)!r}")
    if message.stop_reason not in ("end_turn", "stop_sequence", None):
        logger.warning("Warning: the answer is incomplete: stop_reason is %s", message.stop_reason)
    answer = parse_answer("".join(block.text for block in message.content if block.type == "text"))
    logger.info("Usage: %s %s", message.usage and message.usage.to_dict(), message.model_extra)
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
        status = f"HTTP {error.status_code}: " if isinstance(error, anthropic.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(error, 'body', None) or error.__cause__ or error}".split()) or repr(error)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
