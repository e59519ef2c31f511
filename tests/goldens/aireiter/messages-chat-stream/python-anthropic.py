"""Ask a question and print the answer: AIReiter, with the Anthropic library."""

import codecs
import contextlib
import functools
import io
import itertools
import json
import os
import re
import sys
import time
from email.utils import mktime_tz, parsedate_tz

try:
    import anthropic
    from anthropic import Omit
except ImportError:
    print("Error: a package is missing or too old: pip install 'anthropic>=0.42'", file=sys.stderr)
    sys.exit(2)

MESSAGES = [{"role": "user", "content": "Say hello in one short sentence."}]
BODIES = [
    {"model": "claude-sonnet-4-6", "messages": MESSAGES, "max_tokens": 4096, "stream": True},
    {
        "model": "claude-sonnet-4-5-20250929",
        "messages": MESSAGES,
        "max_tokens": 4096,
        "stream": True,
    },
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


REPLIES = contextlib.ExitStack()  # keeps the replies open until the program ends
ARRIVED = []  # the same replies, also where the library cannot read them
HEADERS = {
    "X-Api-Key": Omit(),
    "Authorization": "Bearer " + KEY,
    "anthropic-version": "2023-06-01",
}


@functools.cache
def client():
    """The library's client; what may be asked again is decided below."""
    os.environ.pop("ANTHROPIC_CUSTOM_HEADERS", None)  # they are meant for another host
    return anthropic.Anthropic(
        api_key=KEY, base_url=BASE_URL, max_retries=0,
        timeout=anthropic.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
        http_client=anthropic.DefaultHttpxClient(follow_redirects=False, event_hooks={"response": [ARRIVED.append]}),
    )


def send(body):
    """The reply to one request, its body still to be read."""
    must = {name: body[name] for name in ("model", "max_tokens", "messages")}
    asked = client().messages.with_streaming_response.create(**must, extra_body=body, extra_headers=HEADERS)
    try:
        return REPLIES.enter_context(asked).http_response
    except anthropic.APIConnectionError:
        raise
    except Exception:  # a status that is not 200
        return ARRIVED[-1]


def ask(bodies):
    """The reply to a request, sent again where that helps, or else to the other model."""
    switched = ""
    for tries in range(1, MAX_REQUESTS + 1):
        try:
            reply = send(bodies[0])
        except (ImportError, ValueError) as problem:  # a proxy that cannot be used
            say(f"Error: cannot send: {problem}", 2)
        except anthropic.APIConnectionError as problem:
            if type(problem.__cause__).__name__ == "ReadTimeout":
                say(f"Error: no answer within {READ_TIMEOUT} s", 1)
            line = f"cannot reach {BASE_URL} ({cause(problem.__cause__)})"
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


def events(chunks):
    """The type and data of each server-sent event, however the network cuts the bytes."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")("replace"), True)
    rest, kind, data = "", "", []
    for chunk in itertools.chain(chunks, [b"\n\n"]):  # the last event may lack its end
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in lines:
            name, _, value = line.partition(":")
            if name == "data":
                data.append(value.removeprefix(" "))
            elif name == "event":
                kind = value.strip()
            elif not line:
                if any(data):
                    yield kind, "\n".join(data)
                kind, data = "", []


def answer(reply):
    """Print the answer as it comes; tell it, why it ended, and what else is told."""
    kind = reply.headers.get("content-type", "")
    if "json" in kind or "html" in kind:
        say(f"Error: not an event stream ({kind}): {words(reply.read().decode(errors='replace'))}", 1)
    text, finish, told, problem = "", None, {}, "the stream ended before the answer was complete"
    reason = None
    try:
        for kind, data in events(reply.iter_bytes()):
            if data.strip() == "[DONE]":
                finish = reason
                break
            if kind == "error":
                finish, problem = None, words(data)
                break
            event = json.loads(data)
            kind, delta = event.get("type"), event.get("delta") or {}
            if event.get("error") or "error" in (kind, event.get("object")):
                problem = words(event)
                break
            if kind == "content_block_delta" and delta.get("type") == "text_delta":
                text += delta.get("text") or ""
                show(delta.get("text") or "", "")
            for counts in (event, (event.get("message") or {}).get("usage"), event.get("usage")):
                told.update(counts or {})
            reason = delta.get("stop_reason") or reason
            if kind == "message_stop":
                finish = reason or "end_turn"
                break
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        problem = "unreadable event in the stream"
    except Exception as broken:
        problem = f"no answer within {READ_TIMEOUT} s" if "timed out" in str(broken) else problem
    finally:
        if text or finish:
            show("")
    if not finish:
        say(f"Error: {problem}", 1)
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
    text, finish, told = answer(ask(BODIES))
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
