"""Rooms import only rooms on lower floors; one idea per room."""

import ast
from pathlib import Path

import chat_completions

PACKAGE = Path(chat_completions.__file__).parent
FLOORS = [
    {"__main__"},
    {"cli"},
    {"cli_install", "cli_live"},
    {"installing.commands", "live.session", "live.report", "live.stand_in", "live.trial"},
    {"installing.agents", "installing.archive", "installing.place", "live.check"},
    {"installing.workshop", "live.opening"},
    {"live.record"},
    {"live.judging"},
    {"live.scenes", "live.replay", "live.tape", "live.running"},
    {"installing.folders", "listing", "live.faults", "live.matching", "live.proxy", "live.library", "live.questions"},
    {"program", "live.scrub", "live.serving", "live.wire"},
    {"compose", "given"},
    {"catalog", "choose", "offers", "content", "render", "explain", "live.cassette"},
    {"installing.contents"},
    {
        "inputs",
        "shelf",
        "dialects",
        "bodies",
        "gateways",
        "literals",
        "parameters",
        "schema",
        "urls",
        "evidence",
        "texts",
    },
    {"turns", "paths"},
    {"installing.manifest", "installing.packages", "live.download"},
    {"shapes", "errors"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
NOT_TO_RENDER = {"httpx", "requests", "urllib.request", "http.server", "http.client", "socket", "asyncio", "ssl"}

# A template that exists for a vendor's package names the package and what it imports from it.
VENDOR_WORDS = {"ainative-react-sdk.jinja": ("@ainative/react-sdk", "ainativeprovider", "ainativeerror")}


def room(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts)


def imported(file: Path) -> set[str]:
    """The rooms that a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chat_completions"):
            inside = (node.module or "").removeprefix("chat_completions").lstrip(".")
            named = {f"{inside}.{alias.name}".lstrip(".") for alias in node.names}
            found |= {name for name in named if name in FLOOR} or {inside}
    return found - {""}


FILES = [file for file in PACKAGE.rglob("*.py") if file.name != "__init__.py" and ".agents" not in file.parts]


def test_every_room_has_a_floor() -> None:
    assert {room(file) for file in FILES} == set(FLOOR)


def test_imports_only_go_down() -> None:
    upward = [
        f"{room(file)} imports {other}"
        for file in FILES
        for other in imported(file) - {"__version__"}
        if FLOOR[other] <= FLOOR[room(file)]
    ]
    assert upward == []


def test_nothing_that_opens_a_socket_is_imported_to_render() -> None:
    for file in FILES:
        if not room(file).startswith("live."):
            names = {
                alias.name
                for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                if isinstance(node, ast.Import)
                for alias in node.names
            }
            assert not names & NOT_TO_RENDER, room(file)


def test_only_one_room_looks_at_its_own_place_and_only_the_command_prints() -> None:
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert ("__file__" in text.replace("`__file__`", "")) == (room(file) == "paths"), file
        if not room(file).startswith("cli"):
            assert "import click" not in text, file
            assert "print(" not in text, file


def test_no_gateway_is_a_special_case() -> None:
    names = ("aitoll", "aireiter", "ainative", "aiclient")
    for file in [*FILES, *(PACKAGE.parents[1] / "templates").rglob("*.jinja")]:
        text = file.read_text(encoding="utf-8").lower().replace('default="aitoll"', "")
        for word in VENDOR_WORDS.get(file.name, ()):
            assert word in text, f"{word} is no longer needed for {file}"
            text = text.replace(word, "")
        assert not [name for name in names if name in text], file
