"""What a gateway file says arrives at the gateway, from every client: path, query, headers and body."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import yaml
from chat_completions.cli.init import preset_names
from chat_completions.errors import ChatCompletionsError
from chat_completions.generate import generate_program
from chat_completions.paths import references
from chat_completions.planning.types import ProgramRequest
from support.generation import KEYS, hello, json_reply, run_against
from support.running import missing

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "gateway_files.yaml").read_text(encoding="utf-8"))
CLIENTS = {
    "openai-chat": [
        ("python", "requests"), ("python", "httpx"), ("python", "openai"), ("javascript", "fetch"),
        ("javascript", "openai"), ("javascript", "ai"), ("typescript", "fetch"), ("typescript", "openai"),
        ("typescript", "ai"), ("shell", "curl"), ("python", "langchain"), ("python", "pydantic-ai"), ("python", "litellm"), ("nextjs", "route"),
    ],
    "anthropic-messages": [
        ("python", "requests"), ("python", "anthropic"), ("javascript", "fetch"), ("javascript", "anthropic"),
        ("javascript", "ai"), ("typescript", "fetch"), ("typescript", "anthropic"),
        ("typescript", "ai"), ("shell", "curl"), ("python", "langchain"), ("python", "pydantic-ai"),
    ],
    "gemini-generate": [
        ("python", "httpx"), ("python", "google-genai"), ("javascript", "fetch"), ("javascript", "google-genai"),
        ("typescript", "fetch"), ("typescript", "google-genai"), ("shell", "curl"),
    ],
}  # fmt: skip
# These are tried with what changes their code: TypeScript asks as JavaScript does, the others send most of it through an SDK.
SELECTED_CLIENTS = ("typescript", "nextjs", "langchain", "pydantic-ai")
SELECTED = ("two-keys", "second-key-in-authorization", "fixed-organization", "azure-dated", "no-key", "optional-key-unset",
            "default-body", "own-parameters", "messages-headers", "messages-optional", "gemini-headers")  # fmt: skip
PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def _tries() -> Iterator[Any]:
    for case in CASES:
        protocol = case.get("protocol", "openai-chat")
        for language, library in CLIENTS[protocol]:
            if case["id"] not in SELECTED and not {language, library}.isdisjoint(SELECTED_CLIENTS):
                continue
            yield pytest.param(case, protocol, language, library, id=f"{case['id']}-{language}-{library}")


@pytest.mark.parametrize(("case", "protocol", "language", "library"), list(_tries()))
def test_a_gateway_file_reaches_the_gateway(
    case: dict[str, Any], protocol: str, language: str, library: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(case["file"]), encoding="utf-8")
    request = ProgramRequest(
        str(file), protocol=protocol, language=language, library=library, prompt="Hi", **case.get("write", {})
    )
    if library in case.get("refused", ()) or "all" in case.get("refused", ()):
        with pytest.raises(ChatCompletionsError) as caught:
            generate_program(request)
        assert case["because"] in f"{caught.value} {caught.value.hint}"
        return
    program = generate_program(request)
    if missing(language, library):
        pytest.skip(missing(language, library))
    assert not any(value in program.code for value in KEYS.values())
    result, received = run_against(program, hello(program), case.get("unset", ()))
    assert (result.code, b"Hello" in result.stdout) == (0, True), result.stderr
    assert not any(value in result.stdout.decode() + result.stderr for value in KEYS.values())
    body = json.loads(received[-1].body)
    expected = case["sends"]
    assert received[-1].path == expected["path"]
    for name, value in expected.get("headers", {}).items():
        assert received[-1].headers.get(name) == (value and value.format(**KEYS)), name
    for name, value in expected.get("body", {}).items():
        assert body.get(name) == value, name


@pytest.mark.parametrize("library", ["requests", "openai", "fetch", "curl", "route"])
def test_a_missing_second_key_is_named(library: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case["id"] == "two-keys")
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(case["file"]), encoding="utf-8")
    language = {"fetch": "javascript", "curl": "shell", "route": "nextjs"}.get(library, "python")
    if missing(language, library):
        pytest.skip(missing(language, library))
    program = generate_program(ProgramRequest(str(file), language=language, library=library, prompt="Hi"))
    result, _ = run_against(program, hello(program), unset=["CF_AIG_TOKEN"])
    assert result.code == 1
    assert "CF_AIG_TOKEN is not set" in result.stderr


@pytest.mark.parametrize(("language", "library"), [("python", "requests"), ("javascript", "fetch"), ("shell", "curl")])
@pytest.mark.parametrize("preset", preset_names())
def test_a_preset_that_is_filled_in_reaches_its_gateway(
    preset: str, language: str, library: str, tmp_path: Path
) -> None:
    text = (references() / "presets" / f"{preset}.yaml").read_text(encoding="utf-8")
    file = tmp_path / f"{preset}.yaml"
    file.write_text(text.replace("YOUR-MODEL", "some-model").replace("YOUR-", "my-"), encoding="utf-8")
    program = generate_program(ProgramRequest(str(file), language=language, library=library, prompt="Hi"))
    keys = {key.key_env: f"secret-of-{key.key_env}" for key in program.plan.keys}
    result, received = run_against(program, hello(program), keys=keys)
    assert (result.code, b"Hello" in result.stdout) == (0, True), result.stderr
    query = "?" + urlencode(program.plan.http.query) if program.plan.http.query else ""
    at_model = program.plan.http.path.replace("{model}", "some-model")
    assert received[-1].path == urlsplit(program.plan.gateway.base_url).path + at_model + query
    for key in (program.plan.auth, *program.plan.gateway.extra_keys):
        if key.key_env:
            assert received[-1].headers[key.header.lower()] == key.prefix + keys[key.key_env]
    assert json.loads(received[-1].body)["model"] == program.plan.model
    assert program.plan.auth.key_env or "authorization" not in received[-1].headers


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("language", "library"), CLIENTS["openai-chat"])
def test_no_key_that_the_server_quotes_is_shown(language: str, library: str, stream: bool, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    names = ("MINE_API_KEY", "CF_AIG_TOKEN")
    file.write_text(yaml.safe_dump(next(case for case in CASES if case["id"] == "two-keys")["file"]), encoding="utf-8")
    program = generate_program(
        ProgramRequest(str(file), language=language, library=library, prompt="Hi", stream=stream)
    )
    refusal = {"error": {"message": "no " + " ".join(KEYS[name] for name in names)}}
    result, _ = run_against(program, json_reply(401, json.dumps(refusal).encode()))
    assert result.code == 1
    assert "no *** ***" in result.stderr
    assert not any(KEYS[name] in result.stdout.decode() + result.stderr for name in names)


@pytest.mark.parametrize(
    ("language", "library"),
    [("python", "requests"), ("python", "httpx"), ("python", "openai"), ("javascript", "fetch"),
     ("javascript", "openai"), ("shell", "curl")],
)  # fmt: skip
def test_the_default_body_of_a_file_reaches_pictures_too(language: str, library: str, tmp_path: Path) -> None:
    body = {"modalities": ["image", "text"], "image_config": {"aspect_ratio": "16:9"}}
    facts = {"name": "Painter", "base_url": "https://gw.example.com/api/v1", "key": "MINE_API_KEY"}
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({**facts, "models": {"image": "p"}, "default_body": {"openai-chat": body}}), "utf-8")
    program = generate_program(
        ProgramRequest(str(file), task="image", language=language, library=library, prompt="A sunset")
    )
    message = {"role": "assistant", "content": "", "images": [{"type": "image_url", "image_url": {"url": PICTURE}}]}
    picture = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    result, received = run_against(program, json_reply(200, json.dumps(picture).encode()))
    assert (result.code, b".png" in result.stdout) == (0, True), result.stderr
    assert body.items() <= json.loads(received[-1].body).items()
