"""What a gateway file says arrives at the gateway, from every client: path, query, headers and body."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import pytest
import yaml
from chat_completions.cli.init import preset_names
from chat_completions.errors import ChatCompletionsError
from chat_completions.generate import make
from chat_completions.paths import references
from chat_completions.planning.types import ProgramRequest
from support.gateway_files import KEYS, run_against

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "gateway_files.yaml").read_text(encoding="utf-8"))
CLIENTS = {
    "openai-chat": [
        ("python", "requests"), ("python", "httpx"), ("python", "openai"), ("javascript", "fetch"),
        ("javascript", "openai"), ("javascript", "ai"), ("typescript", "fetch"), ("typescript", "openai"),
        ("typescript", "ai"), ("shell", "curl"),
    ],
    "anthropic-messages": [
        ("python", "requests"), ("python", "anthropic"), ("javascript", "fetch"), ("javascript", "anthropic"),
        ("javascript", "ai"), ("typescript", "fetch"), ("typescript", "anthropic"),
        ("typescript", "ai"), ("shell", "curl"),
    ],
    "gemini-generate": [
        ("python", "httpx"), ("python", "google-genai"), ("javascript", "fetch"), ("javascript", "google-genai"),
        ("typescript", "fetch"), ("typescript", "google-genai"), ("shell", "curl"),
    ],
}  # fmt: skip
REPLIES = {
    "openai-chat": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]},
    "anthropic-messages": {
        "id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "Hello"}], "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "gemini-generate": {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]},
}  # fmt: skip

PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Recorder(BaseHTTPRequestHandler):
    """Keeps each request, and answers as the protocol does."""

    requests: ClassVar[list[tuple[str, Mapping[str, str], Any]]] = []
    reply: ClassVar[Any] = {}
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        """Answer with the reply of the case."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        streamed = body.get("stream") is True and self.status == HTTPStatus.OK
        text = json.dumps(self.reply)
        if streamed:
            chunk = {"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": "stop"}]}
            text = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
        self.send_response(self.status)
        self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def _tries() -> Iterator[Any]:
    for case in CASES:
        protocol = case.get("protocol", "openai-chat")
        for language, library in CLIENTS[protocol]:
            yield pytest.param(case, protocol, language, library, id=f"{case['id']}-{language}-{library}")


@pytest.mark.parametrize(("case", "protocol", "language", "library"), list(_tries()))
def test_a_gateway_file_reaches_the_gateway(
    case: dict[str, Any], protocol: str, language: str, library: str, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(case["file"]), encoding="utf-8")
    request = ProgramRequest(
        str(file), protocol=protocol, language=language, library=library, prompt="Hi", **case.get("write", {})
    )
    if library in case.get("refused", ()) or "all" in case.get("refused", ()):
        with pytest.raises(ChatCompletionsError) as caught:
            make(request)
        assert case["because"] in f"{caught.value} {caught.value.hint}"
        return
    program = make(request)
    assert not any(value in program.code for value in KEYS.values())
    Recorder.requests.clear()
    Recorder.reply = REPLIES[protocol]
    result = run_against(program, f"http://127.0.0.1:{server.server_port}", case)
    assert (result.code, b"Hello" in result.stdout) == (0, True), result.stderr
    assert not any(value in result.stdout.decode() + result.stderr for value in KEYS.values())
    path, headers, body = Recorder.requests[-1]
    expected = case["sends"]
    assert path == expected["path"]
    for name, value in expected.get("headers", {}).items():
        assert headers.get(name) == (value and value.format(**KEYS)), name
    for name, value in expected.get("body", {}).items():
        assert body.get(name) == value, name


@pytest.mark.parametrize("library", ["requests", "openai", "fetch", "curl"])
def test_a_missing_second_key_is_named(library: str, server: ThreadingHTTPServer, tmp_path: Path) -> None:
    case = next(case for case in CASES if case["id"] == "two-keys")
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(case["file"]), encoding="utf-8")
    language = {"fetch": "javascript", "curl": "shell"}.get(library, "python")
    program = make(ProgramRequest(str(file), language=language, library=library, prompt="Hi"))
    url = f"http://127.0.0.1:{server.server_port}"
    result = run_against(program, url, {**case, "unset": ["CF_AIG_TOKEN"]})
    assert result.code == 1
    assert "CF_AIG_TOKEN is not set" in result.stderr


@pytest.mark.parametrize(("language", "library"), [("python", "requests"), ("javascript", "fetch"), ("shell", "curl")])
@pytest.mark.parametrize("preset", preset_names())
def test_a_preset_that_is_filled_in_reaches_its_gateway(
    preset: str, language: str, library: str, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    text = (references() / "presets" / f"{preset}.yaml").read_text(encoding="utf-8")
    file = tmp_path / f"{preset}.yaml"
    file.write_text(text.replace("YOUR-MODEL", "some-model").replace("YOUR-", "my-"), encoding="utf-8")
    program = make(ProgramRequest(str(file), language=language, library=library, prompt="Hi"))
    Recorder.requests.clear()
    Recorder.reply = REPLIES["openai-chat"]
    keys = {key.key: f"secret-of-{key.key}" for key in (program.plan.auth, *program.plan.extra_keys) if key.key}
    result = run_against(program, f"http://127.0.0.1:{server.server_port}", {}, keys)
    assert (result.code, b"Hello" in result.stdout) == (0, True), result.stderr
    path, headers, body = Recorder.requests[-1]
    query = "?" + urlencode(program.plan.query) if program.plan.query else ""
    at_model = program.plan.path.replace("{model}", "some-model")
    assert path == urlsplit(program.plan.base_url).path + at_model + query
    for key in (program.plan.auth, *program.plan.extra_keys):
        if key.key:
            assert headers[key.header.lower()] == key.prefix + keys[key.key]
    assert body["model"] == program.plan.model
    assert program.plan.auth.key or "authorization" not in headers


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("language", "library"), CLIENTS["openai-chat"])
def test_no_key_that_the_server_quotes_is_shown(
    language: str, library: str, stream: bool, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    names = ("MINE_API_KEY", "CF_AIG_TOKEN")
    file.write_text(yaml.safe_dump(next(case for case in CASES if case["id"] == "two-keys")["file"]), encoding="utf-8")
    program = make(ProgramRequest(str(file), language=language, library=library, prompt="Hi", stream=stream))
    Recorder.status, Recorder.reply = 401, {"error": {"message": "no " + " ".join(KEYS[name] for name in names)}}
    try:
        result = run_against(program, f"http://127.0.0.1:{server.server_port}", {})
    finally:
        Recorder.status = 200
    assert result.code == 1
    assert "no *** ***" in result.stderr
    assert not any(KEYS[name] in result.stdout.decode() + result.stderr for name in names)


@pytest.mark.parametrize(
    ("language", "library"),
    [("python", "requests"), ("python", "httpx"), ("python", "openai"), ("javascript", "fetch"),
     ("javascript", "openai"), ("shell", "curl")],
)  # fmt: skip
def test_the_default_body_of_a_file_reaches_pictures_too(
    language: str, library: str, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    body = {"modalities": ["image", "text"], "image_config": {"aspect_ratio": "16:9"}}
    facts = {"name": "Painter", "base_url": "https://gw.example.com/api/v1", "key": "MINE_API_KEY"}
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({**facts, "models": {"image": "p"}, "default_body": {"openai-chat": body}}), "utf-8")
    program = make(ProgramRequest(str(file), task="image", language=language, library=library, prompt="A sunset"))
    message = {"role": "assistant", "content": "", "images": [{"type": "image_url", "image_url": {"url": PICTURE}}]}
    Recorder.requests.clear()
    Recorder.reply = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    result = run_against(program, f"http://127.0.0.1:{server.server_port}", {})
    assert (result.code, b".png" in result.stdout) == (0, True), result.stderr
    assert body.items() <= Recorder.requests[-1][2].items()
