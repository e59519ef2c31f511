"""List the models of AIReiter."""

import os
import sys
import urllib.parse
import urllib.request
from typing import Any

import httpx
from httpx_retries import Retry, RetryTransport

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").rstrip("/")


class ShortRetry(Retry):
    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that the server asks to wait; 0, for our own pause, if over 60 or unreadable."""
        return int(retry_after) if retry_after.isdecimal() and int(retry_after) <= 60 else 0


BUSY = [429, *range(500, 600)]
retries = ShortRetry(2, ["GET"], BUSY, [httpx.ConnectError, httpx.ConnectTimeout], backoff_factor=0.5)
base = urllib.parse.urlsplit(BASE_URL)  # httpx leaves the proxy of the environment to the transport
proxies = {} if urllib.request.proxy_bypass(base.netloc) else urllib.request.getproxies()
proxy = proxies.get(base.scheme) or proxies.get("all")
proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy
transport = RetryTransport(httpx.HTTPTransport(proxy=proxy), retries)
client = httpx.Client(timeout=httpx.Timeout(120, connect=10), transport=transport)


def list_models() -> list[str]:
    """Return the ids of the models that the key may use."""
    if not (API_KEY and API_KEY.isascii() and API_KEY.isprintable()):
        raise ValueError("AIREITER_API_KEY is missing or malformed: export AIREITER_API_KEY='your key'")
    response = client.get(
        f"{BASE_URL}/v1/models",
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    body: Any = response.text
    try:
        body = response.json()
        return [model["id"] for model in body["data"]]
    except (LookupError, TypeError, ValueError):  # an error, or a web page
        raise http_error(response, body) from None


def http_error(response: httpx.Response, body: Any) -> httpx.HTTPStatusError:
    """Return an exception with the status and the server's message, wherever it stands in the body."""
    match body:
        case {"metadata": {"raw": str(part)}} | {"message": str() | list() as part} | {"msg": part} if part:
            return http_error(response, part)
        case {"detail": str(part)} | {"error": str() | dict() as part} | {"errors": [part, *_]} | [part] if part:
            return http_error(response, part)
    reason = " ".join(f"HTTP {response.status_code}: {body}".split())
    return httpx.HTTPStatusError(reason, request=response.request, response=response)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        print(*list_models(), sep="\n")
    except Exception as error:  # of the network, or of an answer in an unexpected form
        reason = str(error) or repr(error)  # some timeouts have no text
        sys.exit("".join(filter(str.isprintable, f"Error: {reason}")).replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
