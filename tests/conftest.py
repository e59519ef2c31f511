"""Options and fixtures that the tests share."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds what widens or narrows the choice of cases."""
    parser.addoption("--full", action="store_true", help="every case, on every program, in every framing")
    parser.addoption("--update-goldens", action="store_true", help="rewrite the reviewed programs")
    parser.addoption("--case", default="", help="only the case with this id")


def pytest_configure() -> None:
    """Makes Ctrl-C work in the programs under test, and leaves the developer's own gateways out."""
    # What a developer has checked or recorded must not change what the tests see.
    os.environ["CHAT_COMPLETIONS_HOME"] = os.path.devnull
    # Without bytecode each process of a run would compile all tests, and each command all modules, anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # A shell starts its background jobs with SIGINT ignored, and programs would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the programs of one library side by side: one process runs them, as loading a library takes seconds."""
    libraries = "litellm|langchain|pydantic-ai|google-genai|anthropic|openai|ai"
    pattern = re.compile(rf"\[.*(python|javascript)-({libraries})\b.*\]")

    def library(item: pytest.Item) -> str:
        match = pattern.search(item.nodeid)
        return f"{match[1]}-{match[2]}" if match else ""

    items.sort(key=library)


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether the full cross product is asked for."""
    return bool(pytestconfig.getoption("--full"))


@pytest.fixture(scope="session")
def only(pytestconfig: pytest.Config) -> str:
    """The id of the one case that is asked for, or nothing."""
    return str(pytestconfig.getoption("--case"))


@pytest.fixture(scope="session")
def next_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a built Next.js app with all that is written for one."""
    from support.next_app import built_app  # few tests need a browser's packages

    return built_app(tmp_path_factory.getbasetemp())
