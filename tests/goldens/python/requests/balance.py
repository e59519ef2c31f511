"""Print the credits that are left on AIReiter."""

import os
import sys
from typing import Any

import requests
from requests.adapters import HTTPAdapter, Retry

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")


class ShortRetry(Retry):
    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the server asks to wait; 0, for our own pause, if over 60 or unreadable."""
        return int(retry_after) if retry_after.isdecimal() and int(retry_after) <= 60 else 0


BUSY = [429, *range(500, 600)]
retries = ShortRetry(2, read=False, allowed_methods=None, status_forcelist=BUSY, backoff_factor=1, raise_on_status=False)
session = requests.Session()
session.auth = lambda request: request  # a .netrc file must not replace the key
session.mount(BASE_URL, HTTPAdapter(max_retries=retries))


def get_balance() -> Any:
    """Return the credits that are left."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    response = session.get(
        f"{BASE_URL}/openapi/balance",
        headers={"Authorization": f"Bearer {API_KEY}"},
        timeout=(10, 120),
        allow_redirects=False,
    )
    response.encoding = "utf-8"  # as JSON is, whatever the header says
    try:
        body: Any = response.json()
    except ValueError:  # a web page
        body = response.text
    match body:
        case {"data": {"credits": balance}} if balance is not None:
            return balance
        case {"data": {"balance": balance}} if balance is not None:
            return balance
    raise http_error(response, body)


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
    try:
        print(get_balance())
    except Exception as error:  # of the network, or of an answer in an unexpected form
        sys.exit("".join(filter(str.isprintable, f"Error: {error}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
