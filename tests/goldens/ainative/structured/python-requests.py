"""Get an answer in a fixed JSON format and print it: AINative, with requests."""

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

SCHEMA = {
    "title": "review",
    "type": "object",
    "properties": {
        "sentiment": {"type": "string", "enum": ["positive", "negative", "mixed"]},
        "score": {"type": "number", "description": "from -1 to 1"},
        "highlights": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["sentiment", "score", "highlights"],
    "additionalProperties": False,
}
MESSAGES = [{"role": "user", "content": "Rate this review: great sound, weak battery."}]
BODIES = [
    {
        "model": "claude-sonnet-4-6",
        "messages": MESSAGES,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "review", "strict": True, "schema": SCHEMA},
        },
    },
    {
        "model": "claude-sonnet-4-5",
        "messages": MESSAGES,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "review", "strict": True, "schema": SCHEMA},
        },
    },
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


def send(body):
    """The reply to one request, its body still to be read."""
    return requests.post(
        BASE_URL + "/api/v1/chat/completions",
        json=body,
        headers={"X-API-Key": KEY},
        timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), stream=True, allow_redirects=False,
        auth=lambda request: request,  # keeps the passwords of ~/.netrc out
    )


def ask(bodies):
    """The reply to a request, sent again where that helps, or else to the other model."""
    switched = ""
    for tries in range(1, MAX_REQUESTS + 1):
        try:
            reply = send(bodies[0])
        except (ImportError, ValueError) as problem:  # a proxy that cannot be used
            say(f"Error: cannot send: {problem}; for SOCKS: pip install 'requests[socks]'", 2)
        except requests.RequestException as problem:
            if f"read timeout={READ_TIMEOUT}" in str(problem):
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
                said = reply.content.decode("utf-8-sig", "replace")
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


def checked(text, finish, refusal):
    """The JSON of an answer and nothing, or nothing and what is wrong with it."""
    if refusal:
        return "", "the model refused to answer"
    for found in [text, *re.findall(r"```\w*(.*?)(?:```|\Z)", text, re.DOTALL)[:1]]:
        with contextlib.suppress(RecursionError, ValueError):
            wrong = fault(json.loads(found, parse_constant=int), SCHEMA)  # int refuses NaN
            return found.strip(), wrong and f"the answer does not fit the schema: {wrong}"
    cut = finish in ["length"]
    return "", "the JSON is cut off at the token limit" if cut else "the answer is not JSON"


def fault(value, schema, path=""):
    """The first thing in which a value does not fit its schema, or nothing."""
    if not isinstance(schema, dict):  # true: whatever it is
        return ""
    place, kinds = path or "the answer", schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_a(value, kind) for kind in kinds):
        return f"{place} must be {' or '.join(kinds)}"
    if "enum" in schema and not any(same(value, one) for one in schema["enum"]):
        known = ", ".join(json.dumps(one, ensure_ascii=False) for one in schema["enum"])
        return f"{place} is not one of {known}"
    if isinstance(value, dict):
        return fault_of_object(value, schema, path)
    for number, one in enumerate(value if isinstance(value, list) else []):
        if wrong := fault(one, schema.get("items", {}), f"{path}[{number}]"):
            return wrong
    return ""


def fault_of_object(value, schema, path):
    """The first thing in which an object does not fit its schema, or nothing."""
    place, properties = path or "the answer", schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            return f"{place} lacks {name}"
    for name in value:
        if name not in properties and schema.get("additionalProperties") is False:
            return f"{place} has the unknown field {name}"
    for name, one in value.items():
        if wrong := fault(one, properties.get(name, {}), f"{path}.{name}".lstrip(".")):
            return wrong
    return ""


def is_a(value, kind):
    """Whether a value is of a type, in the words of JSON Schema."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {
        "null": value is None, "boolean": isinstance(value, bool), "string": isinstance(value, str),
        "number": number, "integer": number and value % 1 == 0,
        "array": isinstance(value, list), "object": isinstance(value, dict),
    }.get(kind, True)


def same(one, other):
    """Whether two values are the same JSON: 1 is not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def loaded(reply):
    """The JSON of a reply; anything else is a failure."""
    body, kind = reply.content.decode("utf-8-sig", "replace"), reply.headers.get("content-type")
    try:
        return json.loads(body)
    except (RecursionError, ValueError):
        say(f"Error: not JSON ({kind}): {words(body)[:100]}" if body.strip() else "Error: HTTP 200: empty answer", 1)


def answer(said):
    """The text of the answer, why it ended, what else it tells, and a refusal."""
    choice = (said.get("choices") or [{}])[0]
    if any(one.get("error") or one.get("object") == "error" for one in (said, choice)):
        say("Error: " + words(choice if choice.get("error") else said), 1)
    message, finish = choice.get("message") or {}, choice.get("finish_reason")
    content = message.get("content")
    if content is None and not finish and not message.get("refusal"):
        say("Error: no answer in the response", 1)
    parts = content if isinstance(content, list) else [content or ""]
    text = "".join(part if isinstance(part, str) else part.get("text") or "" for part in parts)
    told = {**said, **(said.get("usage") or {})}
    return text, finish, told, message.get("refusal")


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
        say("Error: AINATIVE_API_KEY is not set, or holds a character that a header cannot carry: "
            "export AINATIVE_API_KEY=\"your-key\"", 2)
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[^\s?#@]*)?|" + LOCAL, BASE_URL):
        say("Error: AINATIVE_BASE_URL must be https://..., or http:// to this machine", 2)
    if re.fullmatch(LOCAL, BASE_URL):
        os.environ["no_proxy"] = "*"
    text, finish, told, refusal = answer(loaded(ask(BODIES)))
    found, problem = checked(text, finish, refusal)
    if problem:
        if refusal or text:
            show(refusal or text)
        say(f"Error: {problem}", 1)
    show(found)
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
