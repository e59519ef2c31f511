"""Folders say what may import what: cli, then replay and live, then planning, then catalog; rendering beside planning."""

import ast
from pathlib import Path

import chat_completions

PACKAGE = Path(chat_completions.__file__).parent
BASE = {"__init__", "errors", "paths"}
# What each folder or module at the top may import, beside itself and the base.
MAY_IMPORT = {
    "errors": set(),
    "paths": set(),
    "catalog": set(),
    "planning": {"catalog"},
    "rendering": {"catalog", "planning"},
    "generate": {"catalog", "planning", "rendering"},
    "replay": {"catalog", "planning"},
    "live": {"catalog", "planning"},
    "cli": {"catalog", "planning", "rendering", "generate", "replay", "live"},
    "__main__": {"cli"},
}
NETWORK = {"httpx", "requests", "urllib.request", "http.server", "http.client", "socket", "asyncio", "ssl"}
# A template that exists for a vendor's package names the package and what it imports from it.
VENDOR_WORDS = {"ainative-react-sdk": ("@ainative/react-sdk", "ainativeprovider", "ainativeerror", "ainative's")}
FILES = [file for file in PACKAGE.rglob("*.py") if ".agents" not in file.parts]


def place(file: Path) -> str:
    """The folder or module at the top that a file belongs to."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(file: Path) -> set[str]:
    """The full names of what a file imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_folders_import_only_what_is_below_them() -> None:
    wrong = []
    for file in FILES:
        allowed = MAY_IMPORT.get(place(file), set()) | BASE | {place(file), "__version__"}
        ours = {name.split(".")[1] for name in imports_of(file) if name.startswith("chat_completions.")}
        wrong += [f"{file.relative_to(PACKAGE)} imports {name}" for name in sorted(ours - allowed)]
    assert wrong == []


def test_rendering_knows_only_the_types_of_planning() -> None:
    for file in FILES:
        if place(file) == "rendering":
            names = {name for name in imports_of(file) if name.startswith("chat_completions.planning")}
            assert all(name.startswith("chat_completions.planning.types.") for name in names), file


def test_nothing_that_opens_a_socket_is_imported_to_write_a_program() -> None:
    for file in FILES:
        if place(file) not in ("live", "replay"):
            assert not imports_of(file) & NETWORK, file


def test_only_one_module_looks_at_its_own_place_and_only_the_command_prints() -> None:
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert ("__file__" in text.replace("`__file__`", "")) == (place(file) == "paths"), file
        if place(file) != "cli":
            assert "import click" not in text, file
            assert "print(" not in text, file


def test_no_gateway_is_a_special_case() -> None:
    names = ("aitoll", "aireiter", "ainative", "aiclient")
    for file in [*FILES, *(PACKAGE.parents[1] / "templates").rglob("*.jinja")]:
        text = file.read_text(encoding="utf-8").lower().replace('default="aitoll"', "").replace("aireiter-tasks", "")
        for library, words in VENDOR_WORDS.items():
            for word in words if library in (file.stem, file.parent.name) else ():
                text = text.replace(word, "")
        assert not [name for name in names if name in text], file
