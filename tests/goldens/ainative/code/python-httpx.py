"""Ask for code and print it: AINative, with httpx."""

import contextlib
import json
import os
import re
import sys
import time
from email.utils import mktime_tz, parsedate_tz

try:
    import httpx
except ModuleNotFoundError:
    print("Error: a package is missing: pip install httpx", file=sys.stderr)
    sys.exit(2)

MESSAGES = [
    {
        "role": "user",
        "content": "Write a Python function that tells whether a word is a palindrome.",
    },
]
BODIES = [
    {"model": "gpt-5-3-codex", "messages": MESSAGES},
    {"model": "claude-sonnet-4-6", "messages": MESSAGES},
]
KEY = os.environ.get("AINATIVE_API_KEY", "").strip()
BASE_URL = (os.environ.get("AINATIVE_BASE_URL") or "https://api.ainative.studio").strip().rstrip("/")
LOCAL = r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/[^\s?#@]*)?"
CONNECT_TIMEOUT, READ_TIMEOUT, LONGEST_WAIT = 10, 120, 60  # seconds
MAX_REQUESTS = 3
MISSING = r"model.{0,60}(not found|not exist|unknown)|(invalid|unknown|no such) model"
TELLS = [
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "credits_consumed",
    "credits_remaining",
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
    print(line[:300], file=sys.stderr)
    if code:
        sys.exit(code)


def words(said):
    """What the server says is wrong, out of JSON of any usual shape, a text or a page."""
    with contextlib.suppress(AttributeError, ValueError):
        said = json.loads(said) if isinstance(said, str) else said
        for name in ("error", "error", "detail", "message"):
            said = said.get(name) or said
    return " ".join(re.sub(r"<[^>]*>", " ", str(said)).split())[:200] or "empty answer"


def pause(headers, tries):
    """Seconds until the next try: as the server asks, or else 0.5, then 1."""
    ms, after = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    if ms.isdecimal() or after.isdecimal():
        return int(ms) / 1000 if ms.isdecimal() else int(after)
    date = parsedate_tz(after)
    return max(0, mktime_tz(date) - time.time()) if date else 2**tries / 4


def show(reply):
    """Print the answer on stdout, and what is to be known of it on stderr."""
    body, kind = reply.read().decode("utf-8-sig", "replace"), reply.headers.get("content-type")
    try:
        said = json.loads(body)
    except ValueError:
        say(f"Error: not JSON ({kind}): {words(body)[:100]}" if body.strip() else "Error: HTTP 200: empty answer", 1)
    choice = (said.get("choices") or [{}])[0]
    if any(one.get("error") or one.get("object") == "error" for one in (said, choice)):
        say("Error: " + words(choice if choice.get("error") else said), 1)
    text, finish = (choice.get("message") or {}).get("content"), choice.get("finish_reason")
    if text is None and not finish:
        say("Error: no answer in the response", 1)
    if isinstance(text, list):
        text = "".join(part if isinstance(part, str) else part.get("text") or "" for part in text)
    told = {**said, **(said.get("usage") or {})}
    print(text or "", flush=True)
    if finish and finish not in ["stop", "eos"]:
        cut = ": cut at the token limit" if finish in ["length"] else ""
        say(f"Warning: finish_reason is {finish}{cut}")
    elif not text:
        picture = ", but a picture, which this program does not save" if '"image_url"' in body else ""
        say(f"Warning: the answer holds no text{picture}")
    facts = [f"{name}: {told[name]}" for name in TELLS if told.get(name) is not None]
    if facts:
        say(", ".join(facts))


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if not re.fullmatch("[!-~]+", KEY):
        say("Error: AINATIVE_API_KEY is not set, or holds a character that a header cannot carry: "
            "export AINATIVE_API_KEY=\"your-key\"", 2)
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[^\s?#@]*)?|" + LOCAL, BASE_URL):
        say("Error: AINATIVE_BASE_URL must be https://..., or http:// to this machine", 2)
    if re.fullmatch(LOCAL, BASE_URL):
        os.environ["no_proxy"] = "*"
    client = httpx.Client(timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT))
    headers = {"X-API-Key": KEY}
    body, *stand_ins = BODIES
    switched = ""
    for tries in range(1, MAX_REQUESTS + 1):
        request = client.build_request("POST", BASE_URL + "/api/v1/chat/completions", headers=headers, json=body)
        try:
            reply = client.send(request, stream=True, follow_redirects=False)
        except httpx.ReadTimeout:
            say(f"Error: no answer within {READ_TIMEOUT} s", 1)
        except httpx.HTTPError as problem:
            cause = re.findall(r"(?<=\] )[\w ]+|timed out", str(problem).replace("Connection reset by peer", ""))
            line = f"cannot reach {BASE_URL} ({cause[-1].lower() if cause else 'the connection broke'})"
            status, wait, said = 500, 2**tries / 4, ""
        else:
            if reply.status_code == 200:
                if switched:
                    say(switched)
                return show(reply)
            said = reply.read().decode("utf-8-sig", "replace")
            status, wait = reply.status_code, pause(reply.headers, tries)
            if "location" in reply.headers:
                said = f"redirect to {reply.headers['location']} not followed"
            line = f"HTTP {status}: {words(said)}" + f" ({body['model']})" * (status == 404)
        gone = re.search(MISSING, line, re.I) or "model_not_found" in said
        missing = status in (404, 503) or status == 400 and gone
        if missing and stand_ins and tries < MAX_REQUESTS:
            body = stand_ins.pop()
            switched = f"Warning: {line}; asking {body['model']} instead"
            continue
        retryable = (status in (408, 429) or status >= 500) and "insufficient_quota" not in said
        if not retryable or tries == MAX_REQUESTS or wait > LONGEST_WAIT:
            say(f"Error: {line}" + f"; try again in {wait:.0f} s" * (wait > LONGEST_WAIT), 1)
        time.sleep(wait)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt) as stop:  # whoever read the output has gone, or Ctrl-C
        os._exit(130 if isinstance(stop, KeyboardInterrupt) else 0)
    except (AttributeError, LookupError, TypeError):
        say("Error: no answer in the response", 1)
    except Exception as problem:
        late = "timed out" in str(problem) and f"no answer within {READ_TIMEOUT} s"
        say(f"Error: {late or 'the connection broke before the answer was complete'}", 1)
