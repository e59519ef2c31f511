"""Ask a model on AITOLL for JSON that fits a schema, and print it."""

import json
import logging
import os
import re
import sys
from typing import Any

import jsonschema
import requests
from requests.adapters import HTTPAdapter, Retry

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

logger = logging.getLogger(__name__)


class ShortRetry(Retry):
    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the server asks to wait; 0, for our own pause, if over 60 or unreadable."""
        return int(retry_after) if retry_after.isdecimal() and int(retry_after) <= 60 else 0


BUSY = [429, *range(500, 600)]
retries = ShortRetry(2, read=False, allowed_methods=None, status_forcelist=BUSY, backoff_factor=1, raise_on_status=False)
session = requests.Session()
session.auth = lambda request: request  # a .netrc file must not replace the key
session.mount(BASE_URL, HTTPAdapter(max_retries=retries))


def ask(prompt: str) -> Any:
    """Return the model's answer to one prompt as a value that fits SCHEMA."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    instructions = (  # for models that take no heed of the parameter
        f"Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: {json.dumps(SCHEMA)}"
    )
    messages = [{"role": "system", "content": instructions}, {"role": "user", "content": prompt}]
    response = session.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={
            "model": MODEL,
            "messages": messages,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "review", "strict": True, "schema": SCHEMA},
            },
            "stream": False,
        },
        timeout=(10, 120),
        allow_redirects=False,
    )
    response.encoding = "utf-8"  # as JSON is, whatever the header says
    body: Any = response.text
    try:
        body = response.json()
        choice = body["choices"][0]
        message = choice["message"]
        content = message.get("content") or message.get("refusal") or ""
        text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    except (AttributeError, LookupError, TypeError, ValueError):  # an error, or a web page
        raise http_error(response, body) from None
    if error := body.get("error") or choice.get("error"):  # beside a part of the answer
        raise http_error(response, error)
    if choice.get("finish_reason") not in ("stop", "eos", "", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", choice["finish_reason"])
    answer = parse_answer(text)
    logger.info("Usage: %s", body.get("usage") or "not reported")
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


def http_error(response: requests.Response, body: Any) -> requests.HTTPError:
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part} if part:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part] if part:
            return http_error(response, part)
    reason = " ".join(f"HTTP {response.status_code}: {body}".split())
    return requests.HTTPError(reason, response=response)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(json.dumps(ask("Rate this review: great sound, weak battery."), indent=2, ensure_ascii=False))
    except Exception as error:  # of the network, or of an answer in an unexpected form
        sys.exit("".join(filter(str.isprintable, f"Error: {error}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
