"""Our own files: broken ones are named, and no key is given twice."""

from pathlib import Path

import pytest
from chat_completions.catalog import load
from chat_completions.catalog.yaml_files import parse, read_our_file
from chat_completions.errors import BadData

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted([*(ROOT / "references").rglob("*.yaml"), *(ROOT / "templates").rglob("*.yaml")])


@pytest.mark.parametrize("file", OURS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_ours_can_be_read(file: Path) -> None:
    assert read_our_file(file)


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "- {b: {c: 1, c: 1}}\n", "[", "\xff"])
def test_a_broken_one_is_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadData, match=r"^broken\.yaml is broken: "):
        read_our_file(file)


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"^missing\.yaml cannot be read: "):
        read_our_file(tmp_path / "missing.yaml")


def test_equal_names_of_several_mappings_and_merged_ones_are_fine() -> None:
    assert parse("a: &x {b: 1}\nc: {<<: *x, b: 2}\n") == {"a": {"b": 1}, "c": {"b": 2}}


def test_every_kind_of_task_that_a_file_names_exists() -> None:
    tasks = [load.load_task(name) for name in load.names("task")]
    kinds, templates = {task.kind for task in tasks}, {task.template for task in tasks}
    for language in map(load.load_language, load.names("language")):
        for library in language.libraries.values():
            unsupported = {name.removesuffix("-stream") for name in library.unsupported}
            assert unsupported | set(library.async_kinds) <= kinds, library.id
            assert set(library.whole_and_stream) <= templates, library.id
    for protocol in map(load.load_protocol, load.names("protocol")):
        assert {kind for parameter in protocol.parameters.values() for kind in parameter.kinds} <= kinds, protocol.id
    assert {kind for rule in load.load_decision_table().kinds for kind in rule.kinds} <= kinds
