"""Reads YAML and JSON from files: safely, within bounds, and with the line of what is wrong.

The only room that opens YAML.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chat_completions.errors import BadInput

DEEPEST = 500  # levels of a user's file
LARGEST = 100_000  # items in it, those that aliases repeat counted again


def parsed(text: str) -> Any:
    """Safe YAML, read by the C parser where there is one."""
    import yaml  # only where the cache has no answer: importing it costs more than the answer

    return yaml.load(text, _loader())  # noqa: S506 - a safe one


def read(path: Path, what: str) -> Any:
    """A YAML or JSON file of the user's; BadInput with file and line where it is broken."""
    import yaml

    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix == ".json":
            return json.loads(text)
        _bounded(text)
        for line, key in _doubles(yaml.compose(text, _loader())):
            raise _broken(path, line, what, f"{key!r} is given twice")
        return parsed(text)
    except OSError as problem:
        raise BadInput(f"The {what} file {str(path)!r} cannot be read: {problem.strerror}.") from problem
    except json.JSONDecodeError as problem:
        raise _broken(path, problem.lineno, what, problem.msg) from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise _broken(path, mark.line + 1 if mark else 1, what, reason) from problem
    except RecursionError as problem:
        raise _broken(path, 1, what, "it is nested too deeply") from problem
    except ValueError as problem:  # bytes that are not UTF-8, or a date that does not exist
        raise _broken(path, 1, what, str(problem)) from problem


def line(path: Path, steps: tuple[str | int, ...]) -> int:
    """The line of a YAML file on which the item at the end of `steps` stands."""
    import yaml

    node: Any = yaml.compose(path.read_text(encoding="utf-8-sig"), yaml.SafeLoader)
    if node is None:
        return 1
    mark = node.start_mark
    for step in steps:
        if isinstance(step, int):
            node = node.value[step]
            mark = node.start_mark
        else:
            found = [pair for pair in node.value if pair[0].value == step]
            if not found:  # it came in through a merge key: its parent's line must do
                break
            key, node = found[-1]
            mark = key.start_mark
    return int(mark.line) + 1


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _bounded(text: str) -> None:
    """ValueError for a nesting that the C parser would not survive, and for aliases that grow or never end."""
    import yaml

    within: list[list[Any]] = [[None, 0]]  # of each open collection: its anchor, the items so far
    sizes: dict[str | None, int] = {}
    for event in yaml.parse(text, _loader()):
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.CollectionStartEvent):
            within.append([anchor, 1])
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = within.pop()
            sizes[anchor] = size
            within[-1][1] += size
        elif isinstance(event, yaml.AliasEvent):
            if anchor in (one[0] for one in within):
                raise ValueError(f"{anchor!r} contains itself")
            within[-1][1] += sizes.get(anchor, 1)
        else:
            within[-1][1] += 1
        if len(within) > DEEPEST or within[-1][1] > LARGEST:
            raise ValueError("it is nested too deeply" if len(within) > DEEPEST else "it holds too much")


def _doubles(root: Any) -> Iterator[tuple[int, str]]:
    """Line and name of every key that its mapping already has; YAML itself would keep the last."""
    rest, seen = [root], set()
    while rest:
        node = rest.pop()
        if id(node) in seen or not isinstance(getattr(node, "value", None), list):
            continue
        seen.add(id(node))
        names: set[str] = set()
        for one in node.value:
            key, value = one if isinstance(one, tuple) else (None, one)
            rest.append(value)
            if key is not None and str(key.value) in names:
                yield key.start_mark.line + 1, str(key.value)
            names.add("" if key is None else str(key.value))


def _broken(path: Path, line: int, what: str, reason: str) -> BadInput:
    return BadInput(f"{path}:{line}: the {what} file is broken: {reason}.", "It must be YAML or JSON, in UTF-8.")
