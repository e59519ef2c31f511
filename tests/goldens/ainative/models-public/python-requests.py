"""List the models of the gateway and mark those of the decision table: AINative, with requests."""

import contextlib
import json
import os
import re
import sys
import time
from email.utils import mktime_tz, parsedate_tz

try:
    import requests
except ImportError:
    print("Error: a package is missing or too old: pip install requests 'urllib3>=2.3'", file=sys.stderr)
    sys.exit(2)

KEY = os.environ.get("AINATIVE_API_KEY", "").strip()
BASE_URL = (os.environ.get("AINATIVE_BASE_URL") or "https://api.ainative.studio").strip().rstrip("/")
LOCAL = r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/[^\s?#@]*)?"
CONNECT_TIMEOUT, READ_TIMEOUT, LONGEST_WAIT = 10, 120, 60  # seconds
MAX_REQUESTS = 3
OURS = [
    "qwen-coder-32b",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-opus-4-6",
    "claude-opus-4-5",
    "gpt-5-3-codex",
]
ADVICE = {
    "HTTP 401": "invalid key: check the key variable and --auth",
    "HTTP 402": "no credit left: top up or upgrade the plan",
    "HTTP 403": "not allowed, or not in your plan",
    "HTTP 404": "no such model or path: see the list of models", "HTTP 413": "request too large",
    "HTTP 429": "rate limit: back off and retry later",
    "HTTP 503": "model unavailable: retry later or use another model",
}


def say(line, code=0):
    """One line on stderr without control characters and the key; a code ends the program."""
    line += "".join([f"; {advice}" for mark, advice in ADVICE.items() if code and mark in line][:1])
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", line).split())
    for piece in [KEY, *(KEY[i : i + 8] for i in range(len(KEY) - 7))]:
        line = line.replace(piece or "\n", "***")
    with contextlib.suppress(AttributeError, OSError):  # stderr may be closed
        sys.stderr.write(line[:300] + "\n")
    if code:
        sys.exit(code)


def show(text, end="\n"):
    """Print a piece of the answer at once."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:  # whoever read it has gone
        os._exit(0)
    except OSError as problem:
        say(f"Error: cannot write the answer: {problem.strerror}")
        os._exit(1)


def words(said):
    """What the server says is wrong, out of JSON of any usual shape, a text or a page."""
    with contextlib.suppress(AttributeError, RecursionError, ValueError):
        said = json.loads(said) if isinstance(said, str) else said
        for name in ("error", "error", "detail", "message"):
            said = said.get(name) or said
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:200] or "empty answer"


def cause(problem):
    """Why a connection failed, in the system's own words."""
    found = re.findall(r"(?<=\] )[\w ]+|timed out", str(problem).replace("Connection reset by peer", ""))
    return found[-1].lower() if found else "the connection broke"


def pause(headers, tries):
    """Seconds until the next try: as the server asks, or else 0.5, then 1."""
    ms, after = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    if ms.isdecimal() or after.isdecimal():
        return float(ms) / 1000 if ms.isdecimal() else float(after)
    with contextlib.suppress(OverflowError, TypeError, ValueError):  # no date, or one out of range
        return max(0, mktime_tz(parsedate_tz(after)) - time.time())
    return 2**tries / 4


def send():
    """The reply to one request, its body still to be read."""
    return requests.get(
        BASE_URL + "/api/v1/models",
        headers={"X-API-Key": KEY},
        timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), stream=True, allow_redirects=False,
        auth=lambda request: request,  # keeps the passwords of ~/.netrc out
    )


def ask():
    """The reply to the request, sent again where that helps."""
    for tries in range(1, MAX_REQUESTS + 1):
        try:
            reply = send()
        except (ImportError, ValueError) as problem:  # a proxy that cannot be used
            say(f"Error: cannot send: {problem}; for SOCKS: pip install 'requests[socks]'", 2)
        except requests.RequestException as problem:
            if f"read timeout={READ_TIMEOUT}" in str(problem):
                say(f"Error: no answer within {READ_TIMEOUT} s", 1)
            line = f"cannot reach {BASE_URL} ({cause(problem)})"
            status, wait, said = 500, 2**tries / 4, ""
        else:
            if reply.status_code == 200:
                return reply
            status, wait, said = reply.status_code, pause(reply.headers, tries), ""
            with contextlib.suppress(Exception):  # the status counts, also where its words break off
                said = reply.content.decode("utf-8-sig", "replace")
            if "location" in reply.headers:
                said = f"redirect to {reply.headers['location']} not followed"
            line = f"HTTP {status}: {words(said)}"
        retryable = (status in (408, 429) or status >= 500) and "insufficient_quota" not in said
        if not retryable or tries == MAX_REQUESTS or wait > LONGEST_WAIT:
            say(f"Error: {line}" + f"; try again in {wait:.0f} s" * (wait > LONGEST_WAIT), 1)
        time.sleep(wait)


def loaded(reply):
    """The JSON of a reply; anything else is a failure."""
    body, kind = reply.content.decode("utf-8-sig", "replace"), reply.headers.get("content-type")
    try:
        return json.loads(body)
    except (RecursionError, ValueError):
        say(f"Error: not JSON ({kind}): {words(body)[:100]}" if body.strip() else "Error: HTTP 200: empty answer", 1)


def sound(said):
    """The same, if it is no failure inside of an HTTP 200."""
    code = said.get("statusCode", said.get("code")) if isinstance(said, dict) else None
    if code not in (None, 200, "200"):
        say(f"Error: statusCode {code}: {words(said)}", 1)
    if isinstance(said, dict) and (said.get("error") or said.get("object") == "error"):
        say("Error: " + words(said), 1)
    return said


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if not re.fullmatch("[!-~]+", KEY):
        say("Error: AINATIVE_API_KEY is not set, or holds a character that a header cannot carry: "
            "export AINATIVE_API_KEY=\"your-key\"", 2)
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[^\s?#@]*)?|" + LOCAL, BASE_URL):
        say("Error: AINATIVE_BASE_URL must be https://..., or http:// to this machine", 2)
    if re.fullmatch(LOCAL, BASE_URL):
        os.environ["no_proxy"] = "*"
    said = sound(loaded(ask()))
    places = [said.get("data"), said.get("models")] if isinstance(said, dict) else [said]
    listed = next((place for place in places if isinstance(place, list)), [])
    ids = {}  # in the order they are served in, each of them once
    for one in listed:
        names = [one.get("id"), one.get("name"), one.get("model")] if isinstance(one, dict) else [one]
        ids |= dict.fromkeys([name.removeprefix("models/") for name in names if name and isinstance(name, str)][:1])
    if not ids:
        say("Error: no models in the response", 1)
    show("\n".join(f"{'*' if one in OURS else ' '} {one}" for one in ids))
    if unlisted := [one for one in OURS if one not in ids]:
        say(f"Warning: not listed: {', '.join(unlisted)}")
    say(f"{len(ids)} models; * marks those of the decision table")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        os._exit(130)
    except (AttributeError, LookupError, TypeError):
        say("Error: no answer in the response", 1)
    except Exception as problem:
        late = "timed out" in str(problem) and f"no answer within {READ_TIMEOUT} s"
        say(f"Error: {late or 'the connection broke before the answer was complete'}", 1)
