"""Let the model use tools and print the answer: AIReiter, with requests."""

import codecs
import contextlib
import io
import itertools
import json
import os
import re
import sys
import time
from email.utils import mktime_tz, parsedate_tz

try:
    import requests
    import urllib3

    if not hasattr(urllib3.HTTPResponse, "shutdown"):  # it came with 2.3
        raise ImportError
except ImportError:
    print("Error: a package is missing or too old: pip install requests 'urllib3>=2.3'", file=sys.stderr)
    sys.exit(2)

TOOLS = [
    {
        "name": "get_weather",
        "description": "The current weather in a city.",
        "input_schema": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "A city, such as Oslo"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
    {
        "name": "get_time",
        "description": "The current local time in a city.",
        "input_schema": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "A city, such as Oslo"}},
            "required": ["city"],
        },
    },
]
MESSAGES = [{"role": "user", "content": "What is the weather in Oslo, and what time is it there?"}]
BODIES = [
    {
        "model": "claude-sonnet-4-6",
        "messages": MESSAGES,
        "tools": TOOLS,
        "max_tokens": 4096,
        "stream": True,
    },
    {
        "model": "claude-opus-4-6",
        "messages": MESSAGES,
        "tools": TOOLS,
        "max_tokens": 4096,
        "stream": True,
    },
]
KEY = os.environ.get("AIREITER_API_KEY", "").strip()
BASE_URL = (os.environ.get("AIREITER_BASE_URL") or "https://aireiter.com/api").strip().rstrip("/")
LOCAL = r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/[^\s?#@]*)?"
CONNECT_TIMEOUT, READ_TIMEOUT, LONGEST_WAIT = 10, 120, 60  # seconds
MAX_REQUESTS = 3
MAX_ROUNDS = 8
USAGE = ["input_tokens", "output_tokens"]
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


def send(body):
    """The reply to one request, its body still to be read."""
    return requests.post(
        BASE_URL + "/v1/messages",
        json=body,
        headers={"Authorization": "Bearer " + KEY, "anthropic-version": "2023-06-01"},
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


def tool_get_weather(arguments):
    """Put your own code here: what it returns, the model is told."""
    return {"temperature": 4, "unit": "celsius", "sky": "cloudy"}


def tool_get_time(arguments):
    """Put your own code here: what it returns, the model is told."""
    return {"time": "14:05"}


HANDLERS = {  # for each tool its function, and the arguments that it must have
    "get_weather": (tool_get_weather, ["city"]),
    "get_time": (tool_get_time, ["city"]),
}


def run(name, arguments):
    """What a tool answers, and whether that is an error; the model is told either way."""
    if name not in HANDLERS:
        return {"error": f"unknown tool: {name}"}, True
    with contextlib.suppress(RecursionError, ValueError):
        if isinstance(arguments, str):
            arguments = json.loads(arguments or "{}", parse_constant=int)  # int refuses NaN
    if not isinstance(arguments, dict):
        return {"error": "the arguments are not a JSON object"}, True
    function, required = HANDLERS[name]
    for one in required:
        if one not in arguments:
            return {"error": f"missing argument: {one}"}, True
    try:
        result = function(arguments)
        compact(result)  # whatever is no JSON fails here
    except Exception as problem:
        say(f"Warning: the tool {name} failed: {type(problem).__name__}")
        return {"error": type(problem).__name__}, True
    return result, False


def compact(value):
    """A value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sendable(turns):
    """The same turns, whatever is half a character joined to its other half, or replaced."""
    whole = json.loads(json.dumps(turns))
    return json.loads(json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace"))


def results(asked):
    """What the tools answer to the calls of a turn, as one further turn."""
    found = []
    for block in asked["content"]:
        if block.get("type") == "tool_use":
            result, failed = run(block["name"], block.get("input"))
            if not isinstance(block.get("input"), dict):
                block["input"] = {}  # nothing else may be sent back
            found.append({"type": "tool_result", "tool_use_id": block["id"], "content": compact(result)})
            if failed:
                found[-1]["is_error"] = True
    return [{"role": "user", "content": found}] if found else []


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


def gather(blocks, event):
    """Add an event to the content blocks so far."""
    at, delta = event.get("index"), event.get("delta") or {}
    if event.get("type") == "content_block_start":
        blocks[at] = {**event["content_block"], "pieces": ""}
    elif delta.get("type") == "text_delta":
        block = blocks.setdefault(at, {"type": "text", "text": "", "pieces": ""})
        block["text"] += delta.get("text") or ""
    elif at in blocks and delta.get("type") == "thinking_delta":
        blocks[at]["thinking"] += delta.get("thinking") or ""
    elif at in blocks and delta.get("type") == "signature_delta":
        blocks[at]["signature"] = delta.get("signature")
    elif at in blocks and delta.get("type") == "input_json_delta":
        blocks[at]["pieces"] += delta.get("partial_json") or ""


def turn(blocks):
    """The assistant's turn, as it is sent back; input that is no JSON stays text."""
    content = []
    for block in blocks.values():
        pieces = block.pop("pieces")
        if block.get("type") == "tool_use":
            with contextlib.suppress(RecursionError, ValueError):  # int refuses NaN
                pieces = json.loads(pieces, parse_constant=int) if pieces else block.get("input") or {}
            block["input"] = pieces
        if block.get("type") != "text" or block["text"]:
            content.append(block)
    return {"role": "assistant", "content": content}


def answer(reply):
    """Print the text as it comes; tell it, why it ended, what else is told, and the turn to send back."""
    kind = reply.headers.get("content-type", "")
    if "json" in kind or "html" in kind:
        say(f"Error: not an event stream ({kind}): {words(reply.content.decode(errors='replace'))}", 1)
    text, finish, told, problem = "", None, {}, "the stream ended before the answer was complete"
    blocks = {}
    reason = None
    try:
        for kind, data in events(iter(lambda: reply.raw.read1(65536, decode_content=True), b"")):
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
            gather(blocks, event)
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
        if text:
            show("")
    if not finish:
        say(f"Error: {problem}", 1)
    return text, finish, told, turn(blocks)


def tell(finish, told, text):
    """Why the answer ended, where that is not as usual, and what else it tells."""
    if finish and finish not in ["end_turn", "stop_sequence", "tool_use"]:
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
    total = {}
    for _ in range(MAX_ROUNDS):
        text, finish, told, asked = answer(ask(BODIES))
        for name in USAGE:
            if total.get(name) is not None:
                told[name] = (told.get(name) or 0) + total[name]
        total.update(told)
        found = results(asked)
        if not text and not found:
            show("")
        if not found:
            return tell(finish, total, text)
        MESSAGES.extend(sendable([asked, *found]))
    say(f"Error: stopped after {MAX_ROUNDS} rounds of tool calls", 1)


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
