"""Every program we promise, the cassette that it runs against, and what it must make of it."""

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from chat_completions.catalog import load
from chat_completions.planning.types import ProgramRequest, RequestPlan

from support.running import COMMANDS

TESTS = Path(__file__).resolve().parents[1]
CASSETTES = TESTS / "cassettes"
GOLDENS = TESTS / "goldens"
BOTH_WAYS = ("text", "tools")
AT_A_TIME = 7
MAGIC = {b"\x89PNG": "png", b"\xff\xd8": "jpg", b"GIF8": "gif", b"RIFF": "webp"}


class Cell(NamedTuple):
    """One scene of one gateway, in one language and library."""

    gateway: str
    scene: str
    language: str
    library: str

    @property
    def name(self) -> str:
        return "/".join(self)

    @property
    def cassette(self) -> Path:
        return CASSETTES / self.gateway / f"{self.scene}.yaml"

    @property
    def recorder(self) -> bool:
        """Whether this very program was run when the scene was recorded."""
        return bool(loaded(self.cassette)["provenance"].get("by") == f"{self.language}/{self.library}")

    @property
    def golden(self) -> Path:
        extension = load.load_language(self.language).extension
        return GOLDENS / self.gateway / self.scene / f"{self.language}-{self.library}.{extension}"

    @property
    def request(self) -> ProgramRequest:
        options = loaded(self.cassette)["write"]
        return ProgramRequest(gateway=self.gateway, language=self.language, library=self.library, **options)


class Made(NamedTuple):
    """What a program must make of what it is served: its stdout and its files."""

    stdout: str
    files: Mapping[str, bytes]


@cache
def loaded(file: Path) -> dict[str, Any]:
    """A cassette as data."""
    data: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return data


@cache
def written() -> Mapping[Path, Mapping[str, Any]]:
    """The cassettes that a program of ours plays, with what asks for it; some are other software's."""
    files = sorted(CASSETTES.glob("*/*.yaml"))
    return {file: loaded(file)["write"] for file in files if "write" in loaded(file)}


@cache
def cells() -> Sequence[Cell]:
    """The product of all cassettes and all libraries that speak their protocol."""
    found = []
    for file, write in written().items():
        for language in {*load.names("language")} & {*COMMANDS}:
            for library in load.load_language(language).libraries.values():
                listed = loaded(file).get("programs", [f"{language}/{library.id}"])
                if write["protocol"] in library.protocols and f"{language}/{library.id}" in listed:
                    found.append(Cell(file.parent.name, file.stem, language, library.id))
    return sorted(found)


@cache
def others() -> frozenset[str]:
    """The gateways of which not all is recorded: the rest have the same programs, with data of their own."""
    labels = {(file.parent.name, loaded(file)["provenance"]["label"]) for file in CASSETTES.glob("*/*.yaml")}
    return frozenset(gateway for gateway, label in labels if label != "recorded")


def in_turn(*, full: bool) -> Sequence[Cell]:
    """Every cell; but where all is recorded, each scene's recorder and every seventh other program."""
    return [
        cell
        for number, cell in enumerate(cells())
        if full or cell.gateway in others() or cell.recorder or number % AT_A_TIME == 0
    ]


@cache
def reviewed() -> Sequence[Cell]:
    """The programs kept to be read: for each library one per kind and protocol, whole and streamed.

    A gateway of which all is recorded has the programs of the others, with its own data; a scene of
    trouble has the program of the task that meets it.
    """
    found: dict[tuple[str, ...], list[Cell]] = {}
    for cell in cells():
        if cell.gateway not in others() or "programs" in loaded(cell.cassette):
            continue
        write = loaded(cell.cassette)["write"]
        kind, stream = load.load_task(write.get("task", "chat")).kind, write.get("stream", False)
        if not cell.scene.startswith("seed-") and (kind in BOTH_WAYS or not stream):
            sort = (kind, write["protocol"], str(stream), cell.language, cell.library)
            found.setdefault(sort, []).append(cell)
    # In turn of the gateways, so that each is among them.
    return [some[len(sort[0] + sort[1]) % len(some)] for sort, some in sorted(found.items())]


def key_of(cassette: Mapping[str, Any], usual: str) -> str:
    """The key that a program needs for this scene: any, or the one that its request names by its kind."""
    headers = cassette["interactions"][0]["request"]["headers"].values()
    words = [value.rpartition(" ")[2].strip("<>") for values in headers for value in values]
    return next((word for word in words if word.endswith("-key")), usual)


def made(cassette: Mapping[str, Any], call: RequestPlan) -> Made:
    """What must be printed and saved, read here independently of any template."""
    replies = [one["response"]["body"]["string"] for one in cassette["interactions"]]
    if call.kind == "models":
        ids = [one["id"] for one in json.loads(replies[-1])["data"]]
        return Made("".join(f"{'*' if one in call.recommended_models else ' '} {one}\n" for one in ids), {})
    if call.kind == "balance":
        found = json.loads(replies[-1])
        return Made(json.dumps(found.get("remaining_credits", found.get("data", {}).get("credits"))) + "\n", {})
    if call.kind in ("image", "image-edit"):
        return _pictures(replies)
    texts = [_text(one) for one in replies]
    if call.kind not in ("tools", "structured"):
        return Made(texts[-1] + "\n", {})  # an empty answer is still a line
    if call.kind == "structured":
        texts = [texts[-1].removeprefix("```json\n").removesuffix("\n```")]
    return Made("".join(f"{one}\n" for one in texts if one), {})


def _pictures(replies: Sequence[str | bytes]) -> Made:
    """The text of the reply, then the name of each picture, numbered from 1."""
    pictures = [one for one in replies if isinstance(one, bytes)]
    last = json.loads(next(one for one in reversed(replies) if isinstance(one, str)))
    pictures += [base64.b64decode(one) for one in _encoded(last)]
    text = "".join(part.get("text", "") for part in _parts(last))
    named = {f"image-{n}.{_extension(one)}": one for n, one in enumerate(pictures, 1)}
    return Made("".join(f"{one}\n" for one in [*([text] if text else []), *named]), named)


def _extension(picture: bytes) -> str:
    return next(name for magic, name in MAGIC.items() if picture.startswith(magic))


def _encoded(value: Any) -> list[str]:
    """The pictures inside of a reply, as base64."""
    if isinstance(value, dict):
        found = [value[name] for name in ("b64_json",) if name in value]
        found += [value["inlineData"]["data"]] if "inlineData" in value else []
        return found + [one for item in value.values() for one in _encoded(item)]
    if isinstance(value, list):
        return [one for item in value for one in _encoded(item)]
    is_picture = isinstance(value, str) and value.startswith("data:image/")
    return [value.partition(",")[2]] if is_picture else []


def _text(body: str) -> str:
    if "data: " not in body.partition("\n")[0] + body.partition("\n")[2].partition("\n")[0]:
        return _whole(json.loads(body))
    lines = body.splitlines()
    return "".join(_piece(json.loads(line[6:])) for line in lines if line.startswith("data: {"))


def _whole(reply: Mapping[str, Any]) -> str:
    if "choices" in reply:
        return reply["choices"][0]["message"]["content"] or ""
    blocks = reply["content"] if "content" in reply else _parts(reply)
    return "".join(one.get("text", "") for one in blocks)


def _piece(event: Mapping[str, Any]) -> str:
    if "choices" in event:
        return "".join(choice["delta"].get("content") or "" for choice in event["choices"])
    if "type" in event:
        return str(event.get("delta", {}).get("text", ""))
    return "".join(one.get("text", "") for one in _parts(event))


def _parts(reply: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of a generateContent reply, none of any other."""
    found = [one.get("content", {}).get("parts", []) for one in reply.get("candidates", [])]
    return [part for parts in found for part in parts]
