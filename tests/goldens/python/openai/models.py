"""List the models of AIReiter."""

import os
import sys

import openai

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")

headers = {"Authorization": f"Bearer {API_KEY}"}  # and not that of OPENAI_CUSTOM_HEADERS
http = openai.DefaultHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
client = openai.OpenAI(api_key=API_KEY or "none", base_url=f"{BASE_URL}/v1", default_headers=headers, http_client=http)
client.organization = client.project = None  # ignore OPENAI_ORG_ID and OPENAI_PROJECT_ID


def list_models() -> list[str]:
    """Return the ids of the models that the key may use."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    models = client.models.list()
    if not getattr(models, "data", None):  # a web page, or an error with status 200
        raise openai.OpenAIError(f"no models: {getattr(models, 'model_extra', models)!r}")
    return [model.id for model in models.data]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(*list_models(), sep="\n")
    except Exception as error:  # the SDK does not check the form of a reply
        reason = str(getattr(error, "body", None) or error.__cause__ or error) or repr(error)
        if isinstance(error, openai.APIStatusError):
            reason = f"HTTP {error.status_code}: {' '.join(error.response.text.split())}"
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
