"""Read YAML and JSON safely: refuse duplicate keys, limit the size of a user's file, name the line of a mistake."""

import json
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from chat_completions.catalog.validation import Place, ValidationError
from chat_completions.errors import BadData, BadInput
from chat_completions.paths import skill_root

MAX_DEPTH = 500  # levels of a user's file
MAX_ITEMS = 100_000  # in a user's file; what aliases repeat is counted again
T = TypeVar("T")
FIX = "Fix the file, or reinstall."

if TYPE_CHECKING:
    from yaml import SafeLoader as FastLoader
else:
    FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the parser in C is not on every machine


class UniqueKeyLoader(FastLoader):
    """The safe loader, but duplicate keys are an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping of a node; ConstructorError points at the second of two equal keys."""
        names: set[object] = set()
        for key, _ in node.value:
            name = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key)
            if name in names:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            names.add(name)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def parse(text: str) -> Any:
    """Return what a YAML text holds."""
    return yaml.load(text, UniqueKeyLoader)  # noqa: S506 - derived from the safe loader


@cache
def read_our_file(path: Path) -> Any:
    """Return what one of our own files holds, read once in a process; BadData where it is missing or broken."""
    name = path.relative_to(skill_root()) if path.is_relative_to(skill_root()) else path.name
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadData(f"{name} cannot be read: {problem.strerror}.", FIX) from problem
    except (yaml.YAMLError, ValueError) as problem:
        raise BadData(f"{name} is broken: {' '.join(str(problem).split())[:200]}.", FIX) from problem


def read_user_file(path: Path, what: str, check: Callable[[Any], T]) -> T:
    """Return what `check` makes of a YAML or JSON file of the user's; BadInput names file and line of a mistake."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix != ".json":
            _check_bounds(text)
        return check(json.loads(text) if path.suffix == ".json" else parse(text))
    except OSError as problem:
        raise BadInput(f"The {what} file {str(path)!r} cannot be read: {problem.strerror}.") from problem
    except ValidationError as problem:
        raise BadInput(f"{path}:{line_of(path, problem.place)}: {problem}.", problem.hint) from problem
    except json.JSONDecodeError as problem:
        raise _syntax_error(path, problem.lineno, what, problem.msg) from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise _syntax_error(path, mark.line + 1 if mark else 1, what, reason) from problem
    except RecursionError as problem:
        raise _syntax_error(path, 1, what, "it is nested too deeply") from problem
    except ValueError as problem:  # bytes that are not UTF-8, or a date that does not exist
        raise _syntax_error(path, 1, what, str(problem)) from problem


def line_of(path: Path, place: Place) -> int:
    """Return the line, from 1, of the item of a YAML file to which these keys and indexes lead."""
    try:
        node: Any = yaml.compose(path.read_text(encoding="utf-8-sig"), yaml.SafeLoader)
    except yaml.YAMLError:  # JSON may be indented with tabs
        return 1
    mark = node.start_mark if node else None
    for step in place if node else ():
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(step)]
            mark = node.start_mark
            continue
        pairs = [pair for pair in node.value if pair[0].value == step] if isinstance(node, yaml.MappingNode) else []
        if not pairs:  # it came in through a merge key, or another key stands for it: its parent's line must do
            break
        key, node = pairs[-1]
        mark = key.start_mark
    return mark.line + 1 if mark else 1


def _check_bounds(text: str) -> None:
    """Raise ValueError for nesting that would crash the C parser, and for aliases that expand without limit."""
    open_collections: list[tuple[str | None, int]] = [(None, 0)]  # the anchor of each, and its items so far
    sizes: dict[str | None, int] = {}
    for event in yaml.parse(text, FastLoader):
        anchor = getattr(event, "anchor", None)
        added = 1
        if isinstance(event, yaml.CollectionStartEvent):
            open_collections.append((anchor, 0))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, added = open_collections.pop()
            sizes[anchor] = added
        elif isinstance(event, yaml.AliasEvent):
            if anchor in (name for name, _ in open_collections):
                raise ValueError(f"{anchor!r} contains itself")
            added = sizes.get(anchor, 1)
        name, size = open_collections.pop()
        open_collections.append((name, size + added))
        if len(open_collections) > MAX_DEPTH:
            raise ValueError("it is nested too deeply")
        if size + added > MAX_ITEMS:
            raise ValueError("it holds too much")


def _syntax_error(path: Path, line: int, what: str, reason: str) -> BadInput:
    hint = "It must be YAML or JSON, in UTF-8: indent by spaces, and quote what begins with @ or `."
    return BadInput(f"{path}:{line}: the {what} file is broken: {reason}.", hint)
