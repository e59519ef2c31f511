"""The Next.js route handler on Messages and generateContent: answers, ends, cuts and errors of their own shapes."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from chat_completions.shapes import Request
from chat_completions.snippet import make
from support.replies import Reply
from support.running import Ran, run
from support.serving import Server
from support.web import needs

KEY = "key-of-the-tests-0123456789"
CUT = "Error: the stream ended before the answer was complete"


class Served(NamedTuple):
    """What is served, and what must come of it."""

    id: str
    protocol: str
    reply: Any
    stdout: str = "Hello"
    stderr: str = ""
    code: int = 0


def text(piece: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}


def part(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **more}]}


def whole(*blocks: Any, reason: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    return {"type": "message", "content": list(blocks), "stop_reason": reason, **more}


START = {"type": "message_start", "message": {"usage": {"input_tokens": 12, "output_tokens": 1}}}
END = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}}
STOP = {"type": "message_stop"}
COUNTED = {"promptTokenCount": 12, "candidatesTokenCount": 15, "totalTokenCount": 27}
TOLD = "promptTokenCount: 12, candidatesTokenCount: 15, totalTokenCount: 27"
MELTED = {"type": "error", "error": {"type": "overloaded_error", "message": f"melted {KEY}"}}
CLAUDE, GEMINI = "anthropic-messages", "gemini-generate"
HELLO = {"type": "text", "text": "Hello"}

CASES: Sequence[Served] = (
    Served("claude", CLAUDE, whole(HELLO, usage={"input_tokens": 12, "output_tokens": 15}), stderr="input_tokens: 12, output_tokens: 15"),
    Served("claude-blocks", CLAUDE, whole({"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"})),
    Served("claude-cut-by-limit", CLAUDE, whole(HELLO, reason="max_tokens"), stderr="Warning: stop_reason is max_tokens: cut at the token limit"),
    Served("claude-refusal", CLAUDE, whole(reason="refusal"), "", "Warning: stop_reason is refusal\nWarning: the answer holds no text"),
    Served("claude-error", CLAUDE, MELTED, "", "Error: melted ***", 1),
    Served("claude-nothing", CLAUDE, {"type": "message"}, "", "Error: no answer in the response", 1),
    Served("claude-stream", CLAUDE, [START, {"type": "ping"}, {"type": "content_block_start"}, text("Hel"), text("lo"), {"type": "content_block_stop"}, END, STOP], stderr="input_tokens: 12, output_tokens: 15"),
    Served("claude-stream-without-start", CLAUDE, [text("Hello"), END, STOP], stderr="output_tokens: 15"),
    Served("claude-stream-thinking", CLAUDE, [{"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hm"}}, text("Hello"), STOP]),
    Served("claude-stream-done", CLAUDE, [text("Hello"), END, "[DONE]"], stderr="output_tokens: 15"),
    Served("claude-stream-cut", CLAUDE, [START, text("Hello")], stderr=CUT, code=1),
    Served("claude-stream-cut-after-reason", CLAUDE, [START, text("Hello"), END], stderr=CUT, code=1),
    Served("claude-stream-done-too-early", CLAUDE, [text("Hello"), "[DONE]"], stderr=CUT, code=1),
    Served("claude-stream-error", CLAUDE, [text("Hello"), MELTED], stderr="Error: melted ***", code=1),
    Served("gemini", GEMINI, {**part({"text": "Hel"}, {"text": "hm", "thought": True}, {"text": "lo"}, finishReason="STOP"), "usageMetadata": COUNTED}, stderr=TOLD),
    Served("gemini-blocked", GEMINI, {"promptFeedback": {"blockReason": "SAFETY"}}, "", "Error: blocked: SAFETY", 1),
    Served("gemini-no-content", GEMINI, {"candidates": [{"finishReason": "SAFETY"}]}, "", "Warning: finishReason is SAFETY\nWarning: the answer holds no text"),
    Served("gemini-error", GEMINI, {"error": {"code": 400, "message": f"melted {KEY}", "status": "BAD"}}, "", "Error: melted ***", 1),
    Served("gemini-nothing", GEMINI, {"candidates": []}, "", "Error: no answer in the response", 1),
    Served("gemini-stream", GEMINI, [part({"text": "Hel"}), part(), part({"text": "lo"}), {"candidates": [{"finishReason": "STOP"}], "usageMetadata": COUNTED}], stderr=TOLD),
    Served("gemini-stream-usage-later", GEMINI, [part({"text": "Hello"}, finishReason="STOP"), {"usageMetadata": COUNTED}], stderr=TOLD),
    Served("gemini-stream-limit", GEMINI, [part({"text": "Hello"}, finishReason="MAX_TOKENS")], stderr="Warning: finishReason is MAX_TOKENS: cut at the token limit"),
    Served("gemini-stream-cut", GEMINI, [part({"text": "Hello"})], stderr=CUT, code=1),
    Served("gemini-stream-done-too-early", GEMINI, [part({"text": "Hello"}), "[DONE]"], stderr=CUT, code=1),
    Served("gemini-stream-error", GEMINI, [part({"text": "Hello"}), {"error": {"message": f"melted {KEY}"}}], stderr="Error: melted ***", code=1),
    Served("gemini-stream-blocked", GEMINI, [{"promptFeedback": {"blockReason": "OTHER"}}], "", "Error: blocked: OTHER", 1),
)  # fmt: skip


def answered(protocol: str, reply: Reply, *, stream: bool) -> tuple[Ran, Server]:
    asked = Request("aiclient-2-api", language="nextjs", protocol=protocol, stream=stream, system="Be kind.")
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"},
        {"role": "user", "content": "?"},
    ]
    with Server([reply]) as server:
        env = {"AICLIENT2API_API_KEY": KEY, "AICLIENT2API_BASE_URL": server.url, "CHAT_TURNS": json.dumps(turns)}
        return run(make(asked).code, "nextjs", env), server


@pytest.mark.parametrize("served", CASES, ids=lambda one: one.id)
def test_answers(served: Served) -> None:
    needs("node")
    if isinstance(served.reply, list):
        events = [one if isinstance(one, str) else json.dumps(one) for one in served.reply]
        reply = Reply(
            200, [("content-type", "text/event-stream")], chunks=[f"data: {one}\r\n\r\n".encode() for one in events]
        )
    else:
        reply = Reply(200, [("content-type", "application/json")], json.dumps(served.reply).encode())
    ran, _ = answered(served.protocol, reply, stream=isinstance(served.reply, list))
    ends_in_line = bool(served.stdout) or not served.code
    assert (ran.code, ran.stdout.decode(), ran.stderr.rstrip("\n")) == (
        served.code,
        served.stdout + "\n" * ends_in_line,
        served.stderr,
    )


def test_a_conversation_on_messages() -> None:
    needs("node")
    reply = Reply(200, [("content-type", "application/json")], json.dumps(whole(HELLO)).encode())
    _, server = answered(CLAUDE, reply, stream=False)
    (asked,) = server.requests
    assert (asked.path, asked.headers["x-api-key"]) == ("/v1/messages", KEY)
    assert asked.headers["anthropic-version"] == "2023-06-01"
    body = json.loads(asked.body)
    assert body["system"] == "Be kind."
    assert [(one["role"], one["content"]) for one in body["messages"]] == [
        ("user", "Hi"),
        ("assistant", "Ho"),
        ("user", "?"),
    ]


def test_a_conversation_on_generate_content() -> None:
    needs("node")
    _, server = answered(GEMINI, Reply(404), stream=True)
    paths = [one.path for one in server.requests]
    assert len(set(paths)) == 2, "the stand-in model has a path of its own"
    assert all(path.endswith(":streamGenerateContent?alt=sse") for path in paths)
    assert server.requests[0].headers["x-goog-api-key"] == KEY
    body = json.loads(server.requests[0].body)
    assert body["systemInstruction"] == {"parts": [{"text": "Be kind."}]}
    assert [(one["role"], one["parts"]) for one in body["contents"]] == [
        ("user", [{"text": "Hi"}]),
        ("model", [{"text": "Ho"}]),
        ("user", [{"text": "?"}]),
    ]
