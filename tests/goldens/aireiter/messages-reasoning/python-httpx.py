"""Ask a question that takes deep reasoning and print the answer: AIReiter, with httpx."""

import contextlib
import functools
import json
import os
import re
import sys
import time
from email.utils import mktime_tz, parsedate_tz

try:
    import httpx
except ImportError:
    print("Error: a package is missing or too old: pip install httpx", file=sys.stderr)
    sys.exit(2)

MESSAGES = [
    {
        "role": "user",
        "content": "A bat and a ball cost 1.10 together, and the bat costs 1.00 more than the ball. What does the ball cost?",
    },
]
BODIES = [
    {"model": "claude-opus-4-6", "messages": MESSAGES, "max_tokens": 4096, "stream": False},
    {"model": "claude-sonnet-4-6", "messages": MESSAGES, "max_tokens": 4096, "stream": False},
]
KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").strip().rstrip("/")
LOCAL = r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/[^\s?#@]*)?"
CONNECT_TIMEOUT, READ_TIMEOUT, LONGEST_WAIT = 10, 120, 60  # seconds
MAX_REQUESTS = 3
MISSING = r"model.{0,60}(not found|not exist|unknown)|(invalid|unknown|no such) model"
TELLS = ["input_tokens", "output_tokens", "task_id"]
ADVICE = {
    "not compatible with the requested API protocol": "Claude is on /messages: use --protocol anthropic-messages, or a GPT model",
    "HTTP 401": "check the key", "HTTP 402": "no credit left: top up",
    "HTTP 403": "not allowed, or not in your plan",
    "HTTP 404": "no such model or path: --task models lists them", "HTTP 413": "request too large",
    "HTTP 429": "wait, then try again", "HTTP 503": "try again later or use another model",
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


@functools.cache
def client():
    """The client, made once the settings have been checked."""
    return httpx.Client(timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT), follow_redirects=False)


def send(body):
    """The reply to one request, its body still to be read."""
    headers = {"Authorization": "Bearer " + KEY, "anthropic-version": "2023-06-01"}
    url = BASE_URL + "/v1/messages"
    request = client().build_request("POST", url, headers=headers, json=body)
    return client().send(request, stream=True)


def ask(bodies):
    """The reply to a request, sent again where that helps, or else to the other model."""
    switched = ""
    for tries in range(1, MAX_REQUESTS + 1):
        try:
            reply = send(bodies[0])
        except (ImportError, ValueError) as problem:  # a proxy that cannot be used
            say(f"Error: cannot send: {problem}", 2)
        except httpx.HTTPError as problem:
            if isinstance(problem, httpx.ReadTimeout):
                say(f"Error: no answer within {READ_TIMEOUT} s", 1)
            line = f"cannot reach {BASE_URL} ({cause(problem)})"
            status, wait, said = 500, 2**tries / 4, ""
        else:
            if reply.status_code == 200:
                if switched:
                    say(switched)
                return reply
            status, wait, said = reply.status_code, pause(reply.headers, tries), ""
            with contextlib.suppress(Exception):  # the status counts, also where its words break off
                said = reply.read().decode("utf-8-sig", "replace")
            if "location" in reply.headers:
                said = f"redirect to {reply.headers['location']} not followed"
            line = f"HTTP {status}: {words(said)}" + f" ({bodies[0]['model']})" * (status == 404)
        gone = re.search(MISSING, line, re.I) or "model_not_found" in said
        missing = status in (404, 503) or status == 400 and gone
        if missing and len(bodies) > 1 and tries < MAX_REQUESTS:
            del bodies[0]
            switched = f"Warning: {line}; asking {bodies[0]['model']} instead"
            continue
        retryable = (status in (408, 429) or status >= 500) and "insufficient_quota" not in said
        if not retryable or tries == MAX_REQUESTS or wait > LONGEST_WAIT:
            say(f"Error: {line}" + f"; try again in {wait:.0f} s" * (wait > LONGEST_WAIT), 1)
        time.sleep(wait)


def loaded(reply):
    """The JSON of a reply; anything else is a failure."""
    body, kind = reply.read().decode("utf-8-sig", "replace"), reply.headers.get("content-type")
    try:
        return json.loads(body)
    except (RecursionError, ValueError):
        say(f"Error: not JSON ({kind}): {words(body)[:100]}" if body.strip() else "Error: HTTP 200: empty answer", 1)


def answer(said):
    """The text of the answer, why it ended, and what else it tells."""
    if said.get("error") or "error" in (said.get("type"), said.get("object")):
        say("Error: " + words(said), 1)
    content, finish = said.get("content") or [], said.get("stop_reason")
    if not content and not finish:
        say("Error: no answer in the response", 1)
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    text = "".join(block.get("text") or "" for block in blocks if block.get("type") == "text")
    told = {**said, **(said.get("usage") or {})}
    return text, finish, told


def tell(finish, told, text):
    """Why the answer ended, where that is not as usual, and what else it tells."""
    if finish and finish not in ["end_turn", "stop_sequence"]:
        cut = ": cut at the token limit" if finish in ["max_tokens", "model_context_window_exceeded"] else ""
        say(f"Warning: stop_reason is {finish}{cut}")
    elif not text:
        say("Warning: the answer holds no text")
    facts = [f"{name}: {told[name]}" for name in TELLS if told.get(name) is not None]
    if facts:
        say(", ".join(facts))


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if not re.fullmatch("[!-~]+", KEY):
        say("Error: AIREITER_API_KEY is not set, or holds a character that a header cannot carry: "
            "export AIREITER_API_KEY=\"your-key\"", 2)
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[^\s?#@]*)?|" + LOCAL, BASE_URL):
        say("Error: AIREITER_BASE_URL must be https://..., or http:// to this machine", 2)
    if re.fullmatch(LOCAL, BASE_URL):
        os.environ["no_proxy"] = "*"
    elif os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        os.environ.update(all_proxy="")  # it is not needed, and might need a package that is not there
    text, finish, told = answer(loaded(ask(BODIES)))
    show(text)
    tell(finish, told, text)


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
