"""Print the credits that are left on AIReiter."""

import os
import sys
import time

import httpx

API_KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = os.environ.get("AIREITER_BASE_URL", "https://aireiter.com/api").rstrip("/")

client = httpx.Client(timeout=httpx.Timeout(120, connect=10))


def get_balance():
    """Return the credits that are left."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AIREITER_API_KEY is not set to a key: export AIREITER_API_KEY='your key'")
    request = client.build_request(
        "GET",
        f"{BASE_URL}/openapi/balance",
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    response = send(request)
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
    raise httpx.HTTPStatusError(reason, request=response.request, response=response)


def send(request):
    """Send a request, and up to twice more while the gateway is busy or cannot be reached."""
    for attempt in range(3):
        delay = 2**attempt
        try:
            response = client.send(request)
        except httpx.ConnectError:
            if attempt == 2:
                raise
        else:
            retry_after = response.headers.get("Retry-After", "")
            delay = int(retry_after) if retry_after.isdecimal() else delay
            if attempt == 2 or delay > 60 or response.status_code not in (429, 500, 502, 503, 504):
                break
        time.sleep(delay)
    return response


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
    except (httpx.HTTPError, ValueError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
