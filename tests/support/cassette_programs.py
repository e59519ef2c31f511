"""Every combination of a cassette and a program that plays it, and what the program must make of it."""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from chat_completions.catalog import load
from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.errors import NotOffered
from chat_completions.planning.messages import check_contents
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import ProgramRequest

from support.running import COMMANDS

PING = load.load_task("ping")
CASSETTES = Path(__file__).resolve().parents[1] / "cassettes"


class CassetteProgram(NamedTuple):
    """One cassette of one gateway, played by a program of one language and library."""

    gateway: str
    name: str  # of the cassette
    language: str
    library: str
    asynchronous: bool = False
    task: str = ""  # where it is another than the cassette's

    @property
    def cassette(self) -> Path:
        """Return the file of the cassette."""
        return CASSETTES / self.gateway / f"{self.name}.yaml"

    @property
    def request(self) -> ProgramRequest:
        """Return what asks the generator for the program."""
        options = {**load_cassette(self.cassette)["write"], "asynchronous": self.asynchronous}
        options |= {"task": self.task} if self.task else {}
        return ProgramRequest(gateway=self.gateway, language=self.language, library=self.library, **options)

    @property
    def stdin(self) -> bytes:
        """Return what the program reads: the example's input, where its task has one."""
        lines = load.load_task(self.request.task).example_input
        return "".join(f"{line}\n" for line in lines).encode()

    @property
    def arguments(self) -> Sequence[str]:
        """Return the arguments with which it reads stdin and writes to stdout, where it has any."""
        return ["-"] * len(load.load_task(self.request.task).arguments.split())


@cache
def load_cassette(file: Path) -> dict[str, Any]:
    """Return a cassette as data."""
    data: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return data


@cache
def written_cassettes() -> Mapping[Path, Mapping[str, Any]]:
    """Return the cassettes that a program of ours plays, with the options of `write` that ask for it."""
    files = sorted(CASSETTES.glob("*/*.yaml"))
    return {file: load_cassette(file)["write"] for file in files if "write" in load_cassette(file)}


@cache
def cassette_programs() -> Sequence[CassetteProgram]:
    """Return the product of all cassettes and all libraries of their protocol, as far as they were not restricted."""
    return sorted(_all())


def runs_in_process(played: CassetteProgram) -> bool:
    """Return whether a program is imported and its function called, with vcrpy inside its HTTP library."""
    of_these_clients = played.language == "python" and played.library in ("requests", "httpx")
    return of_these_clients and not played.asynchronous and not played.stdin


def _all() -> Iterator[CassetteProgram]:
    languages = [load.load_language(name) for name in COMMANDS if name != "typescript"]  # see test_typescript.py
    for file, write in written_cassettes().items():
        programs, gateway = load_cassette(file).get("programs"), load_gateway(file.parent.name)
        for language, asynchronous in product(languages, (False, True)):
            for library in language.libraries:
                played = CassetteProgram(file.parent.name, file.stem, language.id, library, asynchronous)
                if (programs is None or f"{language.id}/{library}" in programs) and _is_offered(played, gateway):
                    yield played
        # A check of the key asks what a chat asks.
        whole_chat = write.get("task", "chat") == "chat" and not write.get("stream")
        if whole_chat and write["protocol"] in PING.body and programs is None:
            yield CassetteProgram(file.parent.name, file.stem, "shell", "curl", task="ping")


def _is_offered(played: CassetteProgram, gateway: Gateway) -> bool:
    """Return whether `write` has this program, so that nothing is decided here a second time."""
    try:
        check_contents(resolve(played.request, gateway))
    except NotOffered:
        return False
    return True


def key_of(cassette: Mapping[str, Any], usual: str) -> str:
    """Return the key that a program needs for this cassette: any, or the one that its request names by its kind."""
    headers = cassette["interactions"][0]["request"]["headers"].values()
    keys = [value.rpartition(" ")[2].strip("<>") for values in headers for value in values]
    return next((word for word in keys if word.endswith("-key")), usual)


def check_output(cassette: Mapping[str, Any], kind: str, stream: bool, stdout: str, files: Mapping[str, bytes]) -> str:
    """Return what is wrong with the output of a program, or nothing; read off the cassette, not off any template."""
    replies = [exchange["response"]["body"]["string"] for exchange in cassette["interactions"]]
    if kind == "ping":
        return "" if stdout == "OK\n" else f"printed {stdout!r}, not OK"
    if kind == "image":
        expected = sorted(_images(replies))
        return "" if sorted(files.values()) == expected else f"saved {sorted(files)}, not {len(expected)} images"
    if kind == "models":
        missing = [model["id"] for model in json.loads(replies[-1])["data"] if model["id"] not in stdout]
        return f"{missing} are not listed" if missing else ""
    if kind == "balance":
        reply = json.loads(replies[-1])
        left = str(reply.get("remaining_credits", reply.get("data", {}).get("credits")))
        return "" if left in stdout else f"{left} is not printed"
    texts = [_text(reply) for reply in replies]
    if kind == "batch":  # whose requests were recorded in the order in which they were answered
        bodies = [exchange["request"]["body"] for exchange in cassette["interactions"]]
        lines = load.load_task("batch").example_input
        texts = [text for line in lines for text, body in zip(texts, bodies, strict=True) if _prompt(line) in body]
        answers = [json.loads(line).get("answer") for line in stdout.splitlines()]
        return "" if answers == texts else f"printed the answers {answers}, not {texts}"
    if kind == "structured":
        expected_value = json.loads(re.sub(r"^```json\n|\n```$", "", texts[-1].strip()))
        same_value = _without_infinity(json.loads(stdout)) == _without_infinity(expected_value)
        return "" if same_value else f"another value than {expected_value}"
    several = kind == "chatbot" or (kind == "tools" and stream)
    expected_text = "".join(texts) if several else texts[-1]
    same = re.sub(r"\s", "", stdout) == re.sub(r"\s", "", expected_text)
    exact = expected_text.strip() in stdout or several
    return "" if same and exact else f"printed {stdout!r}, not {expected_text!r}"


def _prompt(line: str) -> str:
    return str(json.loads(line)["prompt"]) if line.startswith("{") else line


def _without_infinity(value: Any) -> Any:
    """Return a value without numbers too large for a double, which every language prints in its own way."""
    if isinstance(value, dict):
        return {name: _without_infinity(item) for name, item in value.items()}
    return None if isinstance(value, float) and abs(value) > 1e308 else value


def _images(replies: Sequence[str | bytes]) -> list[bytes]:
    binary = [reply for reply in replies if isinstance(reply, bytes)]
    last = json.loads(next(reply for reply in reversed(replies) if isinstance(reply, str)))
    return binary + [base64.b64decode(image) for image in _base64_images(last)]


def _base64_images(value: Any) -> list[str]:
    """Return the images inside of a reply, as base64."""
    if isinstance(value, dict):
        images = [value[name] for name in ("b64_json",) if name in value]
        images += [value["inlineData"]["data"]] if "inlineData" in value else []
        return images + [image for item in value.values() for image in _base64_images(item)]
    if isinstance(value, list):
        return [image for item in value for image in _base64_images(item)]
    is_image = isinstance(value, str) and value.startswith("data:image/")
    return [value.partition(",")[2]] if is_image else []


def _text(body: str) -> str:
    """Return the text of a reply, whole or streamed."""
    if not re.search(r"^data: ", body, re.MULTILINE):
        return _whole_text(json.loads(body))
    events = re.findall(r"^data: (\{.*)$", body, re.MULTILINE)
    return "".join(_piece(json.loads(event)) for event in events)


def _whole_text(reply: Mapping[str, Any]) -> str:
    if "choices" in reply:
        return reply["choices"][0]["message"]["content"] or ""
    blocks = reply["content"] if "content" in reply else _parts(reply)
    return "".join(block.get("text", "") for block in blocks)


def _piece(event: Mapping[str, Any]) -> str:
    if "choices" in event:
        return "".join(choice["delta"].get("content") or "" for choice in event["choices"])
    if "type" in event:
        return str(event.get("delta", {}).get("text", ""))
    return "".join(part.get("text", "") for part in _parts(event))


def _parts(reply: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the parts of a generateContent reply, none of any other."""
    candidates = [candidate.get("content", {}).get("parts", []) for candidate in reply.get("candidates", [])]
    return [part for parts in candidates for part in parts]
