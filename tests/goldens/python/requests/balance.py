"""Print the credits that are left on AIReiter."""

import os
import sys

import requests
from requests.adapters import HTTPAdapter, Retry

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = os.environ.get("AIREITER_BASE_URL", "https://aireiter.com/api").rstrip("/")

session = requests.Session()
session.auth = lambda request: request  # no key of a .netrc instead
retry = Retry(total=2, read=False, allowed_methods=None, backoff_factor=0.5, retry_after_max=60, raise_on_status=False)
retry.status_forcelist = {429, 500, 502, 503, 504}
session.mount(BASE_URL, HTTPAdapter(max_retries=retry))


def get_balance():
    """Return the credits that are left."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AIREITER_API_KEY is not set to a key: export AIREITER_API_KEY='your key'")
    response = session.get(
        f"{BASE_URL}/openapi/balance",
        headers={"Authorization": f"Bearer {API_KEY}"},
        timeout=(10, 120),
        allow_redirects=False,
    )
    try:
        body = response.json()
    except ValueError:  # a web page
        body = response.text
    match body:
        case {"data": {"credits": credits}} if credits is not None:
            return credits
        case {"data": {"balance": credits}} if credits is not None:
            return credits
    reason = f"HTTP {response.status_code}: {error_message(body)}"
    raise requests.HTTPError(reason, response=response)


def error_message(body):
    """Return the server's own words, wherever they stand in the body of its reply."""
    match body:
        case [words, *_] | {"metadata": {"raw": words}} | {"error": dict(words) | str(words)}:
            return error_message(words)
        case {"message": words} | {"msg": words} | {"detail": words}:
            return error_message(words)
    return "".join(filter(str.isprintable, " ".join(str(body).split()).replace(API_KEY, "***")))[:300]


if __name__ == "__main__":
    try:
        print(get_balance())
    except (requests.RequestException, ValueError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
