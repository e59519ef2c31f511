"""Import a printed program into another one, as a user would, and call its function."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.node_server import strip_types
from support.protocols import PROTOCOLS, answer_reply
from support.replies import Reply
from support.running import run
from support.serving import Server
from support.watching import RunOptions

if TYPE_CHECKING:
    from support.variants import Program

DRIVERS = Path(__file__).resolve().parents[1] / "programs" / "drivers"
SUFFIXES = {"python": ".py", "javascript": ".mjs", "typescript": ".mjs"}
KEY = "pass_Zq7Vw2Xk9Rt4Lm6Bn8Hd"
LIBRARIES = {
    "requests": "requests",
    "httpx": "httpx",
    "openai": "openai",
    "anthropic": "anthropic",
    "google-genai": "google",
}
STRUCTURED = '{"sentiment": "mixed", "score": 0.2, "highlights": []}'
VALUES = {"structured": json.loads(STRUCTURED)}
CLASSES = {"openai": "AuthenticationError", "anthropic": "AuthenticationError", "google-genai": "ApiError"}  # of npm
WITHOUT_VALUE = ("image", "image-edit", "models", "balance")
REFUSED = Reply(401, [("content-type", "application/json")], json.dumps({"error": {"message": "no such key"}}).encode())


def try_import(program: "Program") -> list[str]:
    """What is wrong with importing it, first without a key, then with one and three calls; nothing when it passes."""
    with Server([]) as server:
        answer = _answer(program)
        server.replies = [answer, answer, REFUSED]
        address = {f"{program.env}_BASE_URL": f"{server.url}/api"}
        without = _drive(program, address, calls=0)
        problems = [f"without a key: {problem}" for problem in _faults(without)]
        if server.requests:
            problems.append("the import sends a request")
        if program.task == "batch":  # whose function returns a failure as a result
            return problems
        key = {f"{program.env}_API_KEY": KEY}
        called = _drive(program, {**address, **key}, calls=3)
        problems += [f"with the key: {problem}" for problem in [*_faults(called), *_calls(called, program)]]
    return problems


def count_connections(program: "Program") -> int:
    """Return how many connections three calls of its function take."""
    with Server([_answer(program)]) as server:
        env = {f"{program.env}_BASE_URL": f"{server.url}/api", f"{program.env}_API_KEY": KEY}
        _drive(program, env, calls=3)
        assert len(server.requests) == 3
        return server.connections


def _answer(program: "Program") -> Reply:
    if program.protocol not in PROTOCOLS:
        return REFUSED
    answer = {"text": STRUCTURED if program.task == "structured" else "Hello"}
    return answer_reply(answer, program.protocol, stream=program.stream)


def _argument(program: "Program") -> Any:
    """Return what its function is called with: a prompt, or a conversation in the protocol's form."""
    if program.task != "chatbot":
        return "Say hello"
    content = {"parts": [{"text": "Say hello"}]} if program.protocol == "gemini-generate" else {"content": "Say hello"}
    return [{"role": "user", **content}]


def _drive(program: "Program", env: dict[str, str], calls: int) -> dict[str, Any]:
    """Run the driver, which imports `printed` beside it; return its result, and what was printed."""
    driver = (DRIVERS / f"driver{SUFFIXES[program.language]}").read_text(encoding="utf-8")
    typed = program.language == "typescript"
    files = {f"printed{SUFFIXES[program.language]}": strip_types(program.code) if typed else program.code}
    result = run(
        driver,
        "javascript" if typed else program.language,
        {**env, "CALLS": str(calls), "TASK": program.task, "ARGUMENT": json.dumps(_argument(program))},
        options=RunOptions(warm=True, shared=True, silent=True, timeout=40, files=files),
    )
    written = [data for path, data in result.files.items() if path.endswith("result.json")]
    report: dict[str, Any] = (
        json.loads(written[0]) if written else {"fault": f"the import ended the program: {result.stderr[-500:]!r}"}
    )
    return {**report, "stdout": result.stdout.decode(), "stderr": result.stderr}


def _faults(result: dict[str, Any]) -> Iterator[str]:
    if result.get("fault"):
        yield result["fault"]
    if result["stdout"]:
        yield f"it prints {result['stdout'][:200]!r}"
    yield from result.get("changed", [])


def _calls(result: dict[str, Any], program: "Program") -> Iterator[str]:
    results, value = result.get("results", []), VALUES.get(program.task, "Hello")
    if program.task not in WITHOUT_VALUE and [call.get("value") for call in results[:2]] != [value, value]:
        yield f"the first two calls give {results[:2]}"
    error = results[2] if len(results) > 2 else {}
    message = f"{error.get('status')} {error.get('error')}"
    if "401" not in message or "no such key" not in message:
        yield f"the error of the third call lacks the status or the server's message: {error}"
    library = (LIBRARIES if program.language == "python" else CLASSES).get(program.client.partition("-")[2])
    if library and library not in error.get("kinds", []) and "ValueError" not in error.get("kinds", []):
        yield f"the exception is none of {library}'s: {error.get('kinds')}"
    if KEY in message:
        yield "the exception holds the key"
