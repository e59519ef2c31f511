"""Change a picture and save the result: AITOLL, with httpx."""

import base64
import contextlib
import functools
import glob
import json
import os
import re
import sys
import tempfile
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
        "content": [
            {"type": "text", "text": "Make the disc green."},
            {
                "type": "image_url",
                "image_url": {
                    "url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII=",
                },
            },
        ],
    },
]
BODIES = [{"model": "gemini-3-pro-image-preview", "messages": MESSAGES}]
KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").strip().rstrip("/")
LOCAL = r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/[^\s?#@]*)?"
CONNECT_TIMEOUT, READ_TIMEOUT, LONGEST_WAIT = 10, 300, 60  # seconds
MAX_REQUESTS = 3
MAX_FETCH = 50 * 1024 * 1024  # bytes
SIGNS = {"png": rb"\x89PNG\r\n\x1a\n", "jpeg": rb"\xff\xd8\xff", "gif": rb"GIF8[79]a", "webp": rb"RIFF.{4}WEBP"}
TELLS = ["prompt_tokens", "completion_tokens", "total_tokens"]
ADVICE = {
    "HTTP 401": "check the key", "HTTP 402": "no credit left: top up",
    "HTTP 403": "not allowed, or not in your plan",
    "HTTP 404": "no such model or path: see the list of models", "HTTP 413": "request too large",
    "HTTP 429": "wait, then try again", "HTTP 503": "this line is down: try again later",
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


def send(body):
    """The reply to one request, its body still to be read."""
    headers = {"Authorization": "Bearer " + KEY}
    url = BASE_URL + "/chat/completions"
    request = client().build_request("POST", url, headers=headers, json=body)
    return client().send(request, stream=True)


def ask(bodies):
    """The reply to a request, sent again where that helps."""
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
                return reply
            status, wait, said = reply.status_code, pause(reply.headers, tries), ""
            with contextlib.suppress(Exception):  # the status counts, also where its words break off
                said = reply.read().decode("utf-8-sig", "replace")
            if "location" in reply.headers:
                said = f"redirect to {reply.headers['location']} not followed"
            line = f"HTTP {status}: {words(said)}" + f" ({bodies[0]['model']})" * (status == 404)
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
    """The text of the answer, why it ended, what else it tells, and its pictures."""
    choice = (said.get("choices") or [{}])[0]
    if any(one.get("error") or one.get("object") == "error" for one in (said, choice)):
        say("Error: " + words(choice if choice.get("error") else said), 1)
    message, finish = choice.get("message") or {}, choice.get("finish_reason")
    content = message.get("content")
    if content is None and not finish and not message.get("images"):
        say("Error: no answer in the response", 1)
    parts = content if isinstance(content, list) else [content or ""]
    text = "".join(part if isinstance(part, str) else part.get("text") or "" for part in parts)
    text = text or message.get("refusal") or ""
    told = {**said, **(said.get("usage") or {})}
    parts = [part for part in [*parts, *(message.get("images") or [])] if isinstance(part, dict)]
    found = [part["image_url"] for part in parts if part.get("image_url")]
    return text, finish, told, [one if isinstance(one, str) else one["url"] for one in found]


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


def tell(finish, told):
    """Why the answer ended, where that is not as usual, and what else it tells."""
    if finish and finish not in ["stop", "eos"]:
        cut = ": cut at the token limit" if finish in ["length"] else ""
        say(f"Warning: finish_reason is {finish}{cut}")
    facts = [f"{name}: {told[name]}" for name in TELLS if told.get(name) is not None]
    if facts:
        say(", ".join(facts))


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if not re.fullmatch("[!-~]+", KEY):
        say("Error: AITOLL_API_KEY is not set, or holds a character that a header cannot carry: "
            "export AITOLL_API_KEY=\"your-key\"", 2)
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[^\s?#@]*)?|" + LOCAL, BASE_URL):
        say("Error: AITOLL_BASE_URL must be https://..., or http:// to this machine", 2)
    if re.fullmatch(LOCAL, BASE_URL):
        os.environ["no_proxy"] = "*"
    elif os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        os.environ.update(all_proxy="")  # it is not needed, and might need a package that is not there
    try:
        with tempfile.TemporaryFile(dir="."):  # a picture that cannot be saved is not asked for
            pass
    except OSError as problem:
        say(f"Error: the current folder cannot be written: {problem.strerror}", 2)
    text, finish, told, found = answer(loaded(ask(BODIES)))
    if not found:
        say("Error: the answer holds no picture" + (f": {words(text)[:100]}" if text.strip() else ""), 1)
    pictures = [decoded(one) for one in found]
    if text.strip():
        show(text.rstrip("\n"))
    for picture in pictures:
        show(save(picture))
    tell(finish, told)


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
