"""Counts the lines of a printed program that are not the user's own data."""

import re
from collections.abc import Iterator

from chat_completions.planning.types import Program

# Constants and functions that hold what the user gave: prompts of several turns, images, tools and what they return.
DATA = re.compile(r"^(?:export )?(?:const )?(?:TOOLS|SCHEMA|MESSAGES|IMAGES?|FUNCTIONS|PROMPT)\b.*=")
SHELL_DATA = re.compile(r"<<'JSON'")
OPENING, CLOSING = "([{", ")]}"


def count_lines(program: Program) -> int:
    """Return the number of non-blank lines without the user's own data."""
    lines = [line for line in program.code.splitlines() if line.strip()]
    return len(list(own_lines(lines, {tool.name for tool in program.plan.tools}, program.language)))


def own_lines(lines: list[str], tools: set[str], language: str) -> Iterator[str]:
    """Yield the lines that are ours."""
    rest = iter(lines)
    for line in rest:
        stub = re.match(r"def (\w+)\(", line)
        if stub and stub[1] in tools:
            next(rest)
        elif language == "shell" and SHELL_DATA.search(line):
            yield line
            while next(rest) != "JSON":
                continue
        elif DATA.match(line):
            depth, ended = _depth(line), not line.endswith("=")
            while depth > 0 or not ended:
                line = next(rest)  # noqa: PLW2901 - the value goes on
                depth, ended = depth + _depth(line), True
        else:
            yield line


def _depth(line: str) -> int:
    """Return how many more brackets a line opens than it closes, outside of strings."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", line)
    return sum(bare.count(one) for one in OPENING) - sum(bare.count(one) for one in CLOSING)
