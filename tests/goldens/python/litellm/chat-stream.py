"""Ask a model on AITOLL and print its answer as it arrives."""

import logging
import os
import sys
from collections.abc import Iterator

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


def stream(prompt: str) -> Iterator[str]:
    """Yield the pieces of the model's answer to one prompt."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AITOLL_API_KEY is missing or malformed: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": prompt}]
    chunks = litellm.completion(
        model=MODEL, custom_llm_provider="custom_openai", client=client, timeout=120, messages=messages, stream=True
    )
    usage = None
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        yield "".join(choice.delta.content or choice.delta.get("refusal") or "" for choice in chunk.choices)
    if not (reason := chunks.received_finish_reason):  # an empty stream ends with a chunk that LiteLLM makes
        raise ValueError("the stream ended before the answer was complete")
    if reason not in ("stop", "eos"):
        logger.warning("Warning: the answer is incomplete: finish_reason is %s", reason)
    logger.info("Usage: %s", usage or "not reported")


if __name__ == "__main__":
    logging.basicConfig(format="\n%(message)s", level=logging.ERROR)  # from libraries, errors only
    logger.setLevel(logging.INFO)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        for text in stream("Say hello in one short sentence."):
            print(text, end="", flush=True)
    except Exception as error:
        cause = getattr(error.__context__, "__context__", None) or error  # what the framework wraps
        status = f"HTTP {cause.status_code}: " if isinstance(cause, openai.APIStatusError) else ""
        reason = " ".join(f"{status}{getattr(cause, 'body', None) or cause.__cause__ or cause}".split()) or repr(cause)
        sys.exit("\n" + "".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
