"""Ask a question that takes deep reasoning and print the answer: AIClient-2-API, with the Google Gen AI library."""

import contextlib
import functools
import json
import os
import re
import sys
import time
from email.utils import mktime_tz, parsedate_tz
from urllib.parse import quote

try:
    import httpx2
    from google import genai
except ImportError:
    print("Error: a package is missing or too old: pip install 'google-genai>=3.4'", file=sys.stderr)
    sys.exit(2)

MESSAGES = [
    {
        "role": "user",
        "parts": [
            {
                "text": "A bat and a ball cost 1.10 together, and the bat costs 1.00 more than the ball. What does the ball cost?",
            },
        ],
    },
]
BODIES = [
    ["gemini-2.5-flash", {"contents": MESSAGES}],
    ["gemini-3-flash-preview", {"contents": MESSAGES}],
]
KEY = os.environ.get("AICLIENT2API_API_KEY", "").strip()
BASE_URL = (os.environ.get("AICLIENT2API_BASE_URL") or "http://localhost:3000").strip().rstrip("/")
LOCAL = r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/[^\s?#@]*)?"
CONNECT_TIMEOUT, READ_TIMEOUT, LONGEST_WAIT = 10, 120, 60  # seconds
MAX_REQUESTS = 3
MISSING = r"model.{0,60}(not found|not exist|unknown)|(invalid|unknown|no such) model"
TELLS = ["promptTokenCount", "candidatesTokenCount", "totalTokenCount"]
ADVICE = {
    "HTTP 401": "the key must be the REQUIRED_API_KEY of your server",
    "HTTP 402": "no credit left: top up", "HTTP 403": "not allowed, or not in your plan",
    "HTTP 404": "no such model or path: is the server AIClient-2-API?",
    "HTTP 413": "request too large: 10 MB is the limit", "HTTP 429": "wait, then try again",
    "HTTP 503": "try again later or use another model",
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


class Arrived(Exception):
    """A reply, before the library has read it."""


class Connection(httpx2.Client):
    """Sends what the library has made of a request, and hands the reply over as it comes."""

    def send(self, request, **options):
        request.extensions["timeout"] = self.timeout.as_dict()  # the library has set it to none
        raise Arrived(super().send(request, **{**options, "stream": True}))


@functools.cache
def connection():
    """One connection for all requests, made once the settings have been checked."""
    for name in [name for name in os.environ if name.startswith(("GEMINI_", "GOOGLE_"))]:
        del os.environ[name]  # they are meant for another host
    return Connection(timeout=httpx2.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT), follow_redirects=False)


def send(model, body):
    """The reply to one request, its body still to be read."""
    options = genai.types.HttpOptions(
        base_url=BASE_URL, api_version="v1beta",
        httpx_client=connection(), extra_body=body,  # replaces what the library would send
    )
    models = genai.Client(api_key=KEY, vertexai=False, http_options=options).models
    try:
        models.generate_content(model=quote(model, safe=""), contents="-")
    except Arrived as reply:
        return reply.args[0]


def ask(bodies):
    """The reply to a request, sent again where that helps, or else to the other model."""
    switched = ""
    for tries in range(1, MAX_REQUESTS + 1):
        model, body = bodies[0]
        try:
            reply = send(model, body)
        except (ImportError, ValueError) as problem:  # a proxy that cannot be used
            say(f"Error: cannot send: {problem}", 2)
        except httpx2.HTTPError as problem:
            if isinstance(problem, httpx2.ReadTimeout):
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
            line = f"HTTP {status}: {words(said)}" + f" ({model})" * (status == 404)
        gone = re.search(MISSING, line, re.I) or "model_not_found" in said
        missing = status in (404, 503) or status == 400 and gone
        if missing and len(bodies) > 1 and tries < MAX_REQUESTS:
            del bodies[0]
            switched = f"Warning: {line}; asking {bodies[0][0]} instead"
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
    chunks = said if isinstance(said, list) else [said]
    finish, parts, told = None, [], {}
    for chunk in chunks:
        if chunk.get("error") or chunk.get("object") == "error":
            say("Error: " + words(chunk), 1)
        candidate = (chunk.get("candidates") or [{}])[0]
        blocked = (chunk.get("promptFeedback") or {}).get("blockReason")
        if blocked and not chunk.get("candidates"):
            say(f"Error: blocked: {blocked}", 1)
        finish = candidate.get("finishReason") or finish
        parts += (candidate.get("content") or {}).get("parts") or []
        told.update(chunk, **(chunk.get("usageMetadata") or {}))
    if not parts and not finish:
        say("Error: no answer in the response", 1)
    text = "".join(part.get("text") or "" for part in parts if not part.get("thought"))
    return text, finish, told


def tell(finish, told, text):
    """Why the answer ended, where that is not as usual, and what else it tells."""
    if finish and finish not in ["STOP"]:
        cut = ": cut at the token limit" if finish in ["MAX_TOKENS"] else ""
        say(f"Warning: finishReason is {finish}{cut}")
    elif not text:
        say("Warning: the answer holds no text")
    facts = [f"{name}: {told[name]}" for name in TELLS if told.get(name) is not None]
    if facts:
        say(", ".join(facts))


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if not re.fullmatch("[!-~]+", KEY):
        say("Error: AICLIENT2API_API_KEY is not set, or holds a character that a header cannot carry: "
            "export AICLIENT2API_API_KEY=\"your-key\"", 2)
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[^\s?#@]*)?|" + LOCAL, BASE_URL):
        say("Error: AICLIENT2API_BASE_URL must be https://..., or http:// to this machine", 2)
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
