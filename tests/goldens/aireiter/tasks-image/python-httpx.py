"""Make a picture from a text and save it: AIReiter, with httpx."""

import base64
import contextlib
import functools
import glob
import json
import os
import re
import secrets
import sys
import tempfile
import time
from email.utils import mktime_tz, parsedate_tz

try:
    import httpx
except ImportError:
    print("Error: a package is missing or too old: pip install httpx", file=sys.stderr)
    sys.exit(2)

TASK_ID = sys.argv[1] if len(sys.argv) > 1 else "cc-" + secrets.token_hex(8)
BODIES = [
    {
        "model": "gpt_image_2",
        "params": {"prompt": "A lighthouse at dusk, in watercolour."},
        "out_task_id": TASK_ID,
    },
    {
        "model": "nano_banana",
        "params": {"prompt": "A lighthouse at dusk, in watercolour."},
        "out_task_id": TASK_ID,
    },
]
KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").strip().rstrip("/")
LOCAL = r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/[^\s?#@]*)?"
CONNECT_TIMEOUT, READ_TIMEOUT, LONGEST_WAIT = 10, 300, 60  # seconds
POLL, TIME_LIMIT, REPORT = 3, 600, 30  # seconds between questions, in all, and between reports
MAX_REQUESTS = 3
MAX_FETCH = 50 * 1024 * 1024  # bytes
SIGNS = {"png": rb"\x89PNG\r\n\x1a\n", "jpeg": rb"\xff\xd8\xff", "gif": rb"GIF8[79]a", "webp": rb"RIFF.{4}WEBP"}
MISSING = r"model.{0,60}(not found|not exist|unknown)|(invalid|unknown|no such) model"
TELLS = ["task_id", "credits_used"]
ADVICE = {
    "not compatible with the requested API protocol": "Claude is on /messages: use --protocol anthropic-messages, or a GPT model",
    "statusCode 433": "no credit left: top up", "HTTP 401": "check the key",
    "HTTP 402": "no credit left: top up", "HTTP 403": "not allowed, or not in your plan",
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


def kind_of(data):
    """The kind of a picture, by its first bytes; nothing for anything else."""
    return next((kind for kind, sign in SIGNS.items() if re.match(sign, data, re.DOTALL)), "")


@functools.cache
def client():
    """The client, made once the settings have been checked."""
    return httpx.Client(timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT), follow_redirects=False)


def send(body, path):
    """The reply to one request, its body still to be read."""
    headers = {"Authorization": "Bearer " + KEY}
    url = BASE_URL + path
    request = client().build_request("POST", url, headers=headers, json=body)
    return client().send(request, stream=True)


def ask(bodies, path):
    """The reply to a request, sent again where that helps, or else to the other model."""
    switched = ""
    for tries in range(1, MAX_REQUESTS + 1):
        try:
            reply = send(bodies[0], path)
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
            line = f"HTTP {status}: {words(said)}" + f" ({bodies[0].get('model', path)})" * (status == 404)
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


def sound(said):
    """The same, if it is no failure inside of an HTTP 200."""
    code = said.get("statusCode", said.get("code")) if isinstance(said, dict) else None
    if code not in (None, 200, "200"):
        say(f"Error: statusCode {code}: {words(said)}", 1)
    if isinstance(said, dict) and (said.get("error") or said.get("object") == "error"):
        say("Error: " + words(said), 1)
    return said


def finished():
    """The task once it is completed; until then its state is told on stderr."""
    started = shown = time.monotonic()
    state = ""
    while True:
        data = sound(loaded(ask([{"out_task_id": TASK_ID}], "/openapi/query"))).get("data")
        task = (data[0] if data and isinstance(data, list) else data) or {}
        if task.get("status") == "completed":
            return task
        if task.get("status") == "failed":
            why = next((task[name] for name in ("error", "message", "fail_reason") if task.get(name)), "")
            say("Error: the task failed" + (f": {words(why)}" if why else ""), 1)
        now = time.monotonic()
        if task.get("status", "unknown") != state or now - shown >= REPORT:
            state, shown = task.get("status", "unknown"), now
            say(f"task {TASK_ID}: {state}")
        if now - started > TIME_LIMIT:
            say(f"Error: not finished within {TIME_LIMIT} s; ask again with: python3 {sys.argv[0]} {TASK_ID}", 1)
        time.sleep(POLL)


def fetch(url):
    """A picture from its address: without the key, following no redirect, from here or by https."""
    data, reason = b"", "not https"
    if re.match(r"https://|http://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?/", url):
        try:
            anyone = httpx.Client(timeout=client().timeout, follow_redirects=False)
            reply = anyone.send(anyone.build_request("GET", url), stream=True)
            reason = "" if reply.status_code == 200 else f"HTTP {reply.status_code}"
            for chunk in [] if reason else reply.iter_bytes():
                data += chunk
                if len(data) > MAX_FETCH:
                    reason = "larger than 50 MB"
                    break
        except Exception as problem:
            reason = cause(problem)
    if reason:
        say(f"Error: the picture cannot be fetched ({reason}): {url}")
        sys.exit(1)
    return data


def decoded(found):
    """The bytes of a picture, out of an address, a data URI or base64."""
    try:
        if "://" in found[:9]:
            data = fetch(found)
        else:
            text = found.partition(";base64,")[2] if found.startswith("data:") else found
            data = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        data = b""
    if not kind_of(data):
        say("Error: unreadable image data", 1)
    return data


def save(data):
    """The name of a new file with the picture in it; no other file is touched."""
    number = 1
    while True:
        name = f"image-{number}.{kind_of(data).replace('jpeg', 'jpg')}"
        try:
            if not glob.glob(f"image-{number}.*"):
                with open(name, "xb") as file:
                    file.write(data)
                return name
        except FileExistsError:
            pass  # somebody else was faster
        except OSError as problem:
            with contextlib.suppress(OSError):
                os.remove(name)
            say(f"Error: {name} cannot be written: {problem.strerror}; run the program again", 1)
        number += 1


def tell(told):
    """What the reply tells besides the pictures."""
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
    try:
        with tempfile.TemporaryFile(dir="."):  # a picture that cannot be saved is not asked for
            pass
    except OSError as problem:
        say(f"Error: the current folder cannot be written: {problem.strerror}", 2)
    if not re.fullmatch("[A-Za-z0-9_-]{1,64}", TASK_ID):
        say("Error: the task id may hold up to 64 letters, digits, - and _", 2)
    if len(sys.argv) == 1:
        sound(loaded(ask(BODIES, "/openapi/submit")))
        say(f"task {TASK_ID}: submitted; ask again later with: python3 {sys.argv[0]} {TASK_ID}")
    told = finished()
    found = [one if isinstance(one, str) else one["url"] for one in told.get("output") or []]
    if not found:
        say("Error: the answer holds no picture", 1)
    pictures = [decoded(one) for one in found]
    for picture in pictures:
        show(save(picture))
    tell(told)


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
