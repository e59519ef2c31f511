"""A scripted model on loopback that speaks what real agents speak.

It loads the skill, runs the script of it, and then says what the script printed. It decides by the
conversation it is sent alone, and proves nothing about what a real model would do.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Event = dict[str, Any]
COMMAND = "python3 '{skill}/scripts/chat-completions.py' write 'Say hello' --output ask.py"


@dataclass
class Model:
    """The server's address, and every request that it was sent."""

    url: str = ""
    requests: list[Event] = field(default_factory=list)


def messages(request: Event) -> list[Event]:
    """The events of the Messages protocol: Skill, then Bash, then the answer."""
    conversation = json.dumps(request["messages"], ensure_ascii=False)
    results = [part for part in _parts(request["messages"]) if part.get("type") == "tool_result"]
    if not request.get("tools"):  # a side question of the client, such as one for a title
        return _message({"type": "text", "text": "A title"})
    if not results:
        return _message(_call("Skill", {"skill": _skill_name(conversation)}))
    base = re.search(r"Base directory for this skill: ([^\\\"]+)", conversation)
    if len(results) == 1 and base:
        return _message(_call("Bash", {"command": COMMAND.format(skill=base[1]), "description": "Write it"}))
    return _message({"type": "text", "text": f"It said: {json.dumps(results[-1]['content'])}"})


def responses(request: Event) -> list[Event]:
    """The events of the Responses protocol: read SKILL.md, run the script, then the answer."""
    conversation = json.dumps(request["input"], ensure_ascii=False)
    results = [item for item in request["input"] if item.get("type") == "function_call_output"]
    if len(results) > 1:
        answer = {"type": "output_text", "text": f"It said: {json.dumps(results[-1]['output'])}"}
        return _response({"type": "message", "role": "assistant", "content": [answer]})
    skill = listed_folder(conversation)
    command = COMMAND.format(skill=skill) if results else f"cat '{skill}/SKILL.md'"
    call = {"type": "function_call", "call_id": f"call_{len(results)}", "name": "exec_command"}
    return _response({**call, "arguments": json.dumps({"cmd": command})})


def gemini(request: Event) -> list[Event]:
    """The events of generateContent: activate the skill, run the script, then the answer."""
    parts = [part for content in request["contents"] for part in content["parts"]]
    results = [part["functionResponse"] for part in parts if "functionResponse" in part]
    if not request.get("tools"):
        return _candidate({"text": "A title"})
    if not results:
        return _candidate({"functionCall": {"name": "activate_skill", "args": {"name": "chat-completions"}}})
    if len(results) == 1:
        base = re.search(r"(/[^\s<>\"]*/chat-completions)", json.dumps(results[0]["response"]))
        command = COMMAND.format(skill=base[1] if base else "not-told")
        return _candidate({"functionCall": {"name": "run_shell_command", "args": {"command": command}}})
    return _candidate({"text": f"It said: {json.dumps(results[-1]['response'])}"})


def listed_folder(conversation: str) -> str:
    """The skill's folder as Codex lists it: its file, under a root with a short name or in full."""
    file = re.search(r"chat-completions: Writes .*?\(file: ([^)]*?)/SKILL\.md\)", conversation)
    if file is None:
        return "not-listed"
    roots = dict(re.findall(r"`(r\d+)` = `([^`]*)`", conversation))
    first, _, rest = file[1].partition("/")
    return f"{roots[first]}/{rest}" if first in roots else file[1]


@contextmanager
def serving() -> Iterator[Model]:
    """The scripted model, while the block runs."""
    model = Model()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(model))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    model.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()


def _handler(model: Model) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
            model.requests.append(request)
            list_events = next(
                (function for end, function in EVENTS.items() if self.path.split("?")[0].endswith(end)), None
            )
            events = [] if list_events is None else list_events(request)
            body = "".join(map(_event, events)).encode()
            self.send_response(200 if events else 404)
            self.send_header("content-type", "text/event-stream")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler


EVENTS = {"/v1/messages": messages, "/v1/responses": responses, ":streamGenerateContent": gemini}


def _event(event: Event) -> str:
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n"


def _parts(contents: list[Event]) -> Iterator[Event]:
    for content in contents:
        if isinstance(content["content"], list):
            yield from content["content"]


def _skill_name(conversation: str) -> str:
    """As the client lists it: a plugin's skill has the plugin's name before its own."""
    match = re.search(r"- ([\w:-]*chat-completions): Writes ", conversation)
    return match[1] if match else "not-listed"


def _call(name: str, given: Event) -> Event:
    return {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": given}


def _message(part: Event) -> list[Event]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    about = {"id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [], "usage": usage}
    tool = part["type"] == "tool_use"
    delta = (
        {"type": "input_json_delta", "partial_json": json.dumps(part["input"])}
        if tool
        else {"type": "text_delta", "text": part["text"]}
    )
    start = {**part, "input": {}} if tool else {**part, "text": ""}
    end = {"stop_reason": "tool_use" if tool else "end_turn", "stop_sequence": None}
    return [
        {"type": "message_start", "message": about},
        {"type": "content_block_start", "index": 0, "content_block": start},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": usage},
        {"type": "message_stop"},
    ]


def _response(item: Event) -> list[Event]:
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    return [
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.output_item.done", "item": item},
        {"type": "response.completed", "response": {"id": "resp_1", "usage": usage}},
    ]


def _candidate(part: Event) -> list[Event]:
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    content = {"role": "model", "parts": [part]}
    return [{"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage}]
