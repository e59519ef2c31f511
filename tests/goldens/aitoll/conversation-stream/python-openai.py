"""Continue a conversation and print the next answer: AITOLL, with the OpenAI library."""

import codecs
import contextlib
import functools
import io
import itertools
import json
import os
import re
import socket
import sys
import threading
import time
from email.utils import mktime_tz, parsedate_tz

try:
    import openai
    from openai import Omit
except ImportError:
    print("Error: a package is missing or too old: pip install 'openai>=1.58'", file=sys.stderr)
    sys.exit(2)

MESSAGES = [
    {"role": "system", "content": "You are a patient teacher of programming."},
    {"role": "user", "content": "What is a race condition?"},
    {
        "role": "assistant",
        "content": "Two parts of a program use the same data at once and the result depends on which is faster.",
    },
    {"role": "user", "content": "And in one sentence, when does it matter?"},
]
BODIES = [
    {"model": "glm-4.7", "messages": MESSAGES, "stream": True},
    {"model": "glm-5", "messages": MESSAGES, "stream": True},
]
KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = (os.environ.get("AITOLL_BASE_URL") or "https://aitoll.net/api/gateway/api").strip().rstrip("/")
LOCAL = r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/[^\s?#@]*)?"
CONNECT_TIMEOUT, READ_TIMEOUT, LONGEST_WAIT = 10, 120, 60  # seconds
GRACE = 2  # seconds to wait for the token counts once the answer is complete
MAX_REQUESTS = 3
MISSING = r"model.{0,60}(not found|not exist|unknown)|(invalid|unknown|no such) model"
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


REPLIES = contextlib.ExitStack()  # keeps the replies open until the program ends
ARRIVED = []  # the same replies, also where the library cannot read them
HEADERS = dict.fromkeys(["OpenAI-Organization", "OpenAI-Project"], Omit())


@functools.cache
def client():
    """The library's client; what may be asked again is decided below."""
    os.environ.pop("OPENAI_CUSTOM_HEADERS", None)  # they are meant for another host
    return openai.OpenAI(
        api_key=KEY, base_url=BASE_URL, max_retries=0,
        timeout=openai.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
        http_client=openai.DefaultHttpxClient(follow_redirects=False, event_hooks={"response": [ARRIVED.append]}),
    )


def send(body):
    """The reply to one request, its body still to be read."""
    completions = client().chat.completions.with_streaming_response
    try:
        asked = completions.create(**body, extra_headers=HEADERS)
        return REPLIES.enter_context(asked).http_response
    except openai.APIConnectionError:
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
        except openai.APIConnectionError as problem:
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
    connection = reply.extensions["network_stream"].get_extra_info("socket")
    kind = reply.headers.get("content-type", "")
    if "json" in kind or "html" in kind:
        say(f"Error: not an event stream ({kind}): {words(reply.read().decode(errors='replace'))}", 1)
    text, finish, told, problem = "", None, {}, "the stream ended before the answer was complete"
    grace = threading.Timer(GRACE, connection.shutdown, [socket.SHUT_RD])
    try:
        for kind, data in events(reply.iter_bytes()):
            if data.strip() == "[DONE]":
                finish = finish or "stop"
                break
            if kind == "error":
                finish, problem = None, words(data)
                break
            event = json.loads(data)
            choice = (event.get("choices") or [{}])[0]
            if any(one.get("error") or one.get("object") == "error" for one in (event, choice)):
                finish, problem = None, words(choice if choice.get("error") else event)
                break
            delta = choice.get("delta") or {}
            piece = delta.get("content") or ""
            if isinstance(piece, list):
                piece = "".join(part if isinstance(part, str) else part.get("text") or "" for part in piece)
            piece = piece or delta.get("refusal") or ""
            told["refusal"] = told.get("refusal") or delta.get("refusal")
            finish = choice.get("finish_reason") or finish
            told.update(event, **(event.get("usage") or {}))
            text += piece
            show(piece, "")
            if finish and event.get("usage"):
                break
            if finish and not grace.is_alive():
                grace.start()
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        problem = "unreadable event in the stream"
    except Exception as broken:
        problem = f"no answer within {READ_TIMEOUT} s" if "timed out" in str(broken) else problem
    finally:
        grace.cancel()
        if text or finish:
            show("")
    if not finish:
        say(f"Error: {problem}", 1)
    return text, finish, told


def tell(finish, told, text):
    """Why the answer ended, where that is not as usual, and what else it tells."""
    if finish and finish not in ["stop", "eos"]:
        cut = ": cut at the token limit" if finish in ["length"] else ""
        say(f"Warning: finish_reason is {finish}{cut}")
    elif told.get("refusal"):
        say("Warning: the model refused to answer")
    elif not text:
        say("Warning: the answer holds no text")
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
