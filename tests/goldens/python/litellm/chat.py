"""Ask a model on AITOLL and print its answer."""

import logging
import os
import sys

import openai

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else the import downloads a price list
import litellm  # noqa: E402

litellm.suppress_debug_info = True  # else it prints advice on stdout

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "glm-4.7"  # or "glm-5"

headers = {"Authorization": f"Bearer {API_KEY}"}
http = openai.DefaultHttpxClient(follow_redirects=False)
client = openai.OpenAI(api_key=API_KEY or "none", base_url=BASE_URL, default_headers=headers, http_client=http)
client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID
logger = logging.getLogger(__name__)


def ask(prompt: str) -> str:
    """Return the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    response = litellm.completion(
        model=MODEL,
        custom_llm_provider="custom_openai",
        client=client,
        timeout=120,
        messages=messages,
        extra_body={"stream": False},
    )
    if (reason := response.choices[0].finish_reason) not in ("stop", "eos", "", None):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
    logger.info("Usage: %s", response.usage)
    message = response.choices[0].message
    return message.content or message.get("refusal") or ""


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(ask("Say hello in one short sentence."))
    except Exception as error:
        cause = getattr(error.__context__, "__context__", None) or error  # what the framework wraps
        status = f"HTTP {cause.status_code}: " if isinstance(cause, openai.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(cause, 'body', None) or cause.__cause__ or cause}".split()) or repr(cause)
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
