"""List the models of AIReiter."""

import contextlib
import os
import sys
import time

import httpx

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")

client = httpx.Client(timeout=httpx.Timeout(120, connect=10))


def list_models():
    """Return the ids of the models that the key may use."""
    if not API_KEY or not (API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    response = get(
        f"{BASE_URL}/v1/models",
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    body = response.text
    try:
        body = response.json()
        return [model["id"] for model in body["data"]]
    except (LookupError, TypeError, ValueError):  # an error, or a web page
        raise http_error(response, body) from None


def get(url, **options):
    """Send a request; repeat it up to twice while the gateway is busy or cannot be reached."""
    for delay in (1, 2):
        with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
            response = client.get(url, **options)
            retry_after = response.headers.get("Retry-After", "")
            delay = int(retry_after) if retry_after.isdecimal() else delay
            if response.status_code not in (429, 500, 502, 503, 504) or delay > 60:
                return response
        time.sleep(delay)
    return client.get(url, **options)


def http_error(response, body):
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part}:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part]:
            return http_error(response, part)
    text = "".join(filter(str.isprintable, " ".join(str(body).split())))
    reason = f"HTTP {response.status_code}: {text}".replace(API_KEY, "***")[:300]
    return httpx.HTTPStatusError(reason, request=response.request, response=response)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print(*list_models(), sep="\n")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
