"""List the models of AIReiter."""

import os
import sys

import openai

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = os.environ.get("AIREITER_BASE_URL", "https://aireiter.com/api").rstrip("/")
RECOMMENDED = [
    "claude-haiku-4-5-20251001",
    "claude-sonnet-4-6",
    "claude-sonnet-4-5-20250929",
    "claude-opus-4-6",
    "gpt-5.5",
    "gpt-5.6-terra",
    "gpt-5.6-sol",
    "gpt_image_2",
    "nano_banana",
]


def list_models():
    """Return the ids of all models."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    http_client = openai.DefaultHttpxClient(timeout=openai.Timeout(120, connect=10), follow_redirects=False)
    client = openai.OpenAI(api_key=API_KEY, base_url=f"{BASE_URL}/v1", http_client=http_client)
    client.organization = client.project = None  # not those of OPENAI_ORG_ID and OPENAI_PROJECT_ID
    models = client.models.list()
    if not getattr(models, "data", None):  # an error with status 200, or a web page
        raise openai.OpenAIError(f"no models: {getattr(models, 'model_extra', None) or models!r}")
    return [model.id for model in models.data]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        for model in list_models():
            print("*" if model in RECOMMENDED else " ", model)
    except openai.APIStatusError as error:
        match error.body:
            case {"metadata": {"raw": words}} | {"message": words} | {"msg": words} | {"detail": words} | words:
                sys.exit(f"Error: HTTP {error.status_code}: {words!r}".replace(API_KEY, "***")[:300])
    except Exception as error:  # the SDK fails in its own way on a web page
        sys.exit(f"Error: {error.__cause__ or error}".replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
