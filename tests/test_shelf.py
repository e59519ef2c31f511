"""Texts are found alone or in a bundle, and come out of a bundle as they went in."""

from pathlib import Path

import pytest
import yaml
from chat_completions import shelf
from chat_completions.errors import BadData

ROOT = Path(__file__).resolve().parents[1]
OURS = [*(ROOT / "references").rglob("*.yaml"), *(ROOT / "templates").rglob("*.yaml")]
TEXTS = {"python/b.jinja": "-- not a name--\n\n--  --\n", "python/a/c.jinja": "é – 𝄞\n -- x --\n"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shelf, "skill_root", lambda: tmp_path)
    (tmp_path / "templates" / "python").mkdir(parents=True)
    return tmp_path / "templates"


def test_a_bundle_gives_back_its_texts() -> None:
    bundle = shelf.joined(TEXTS)
    assert bundle.startswith("-- python/a/c.jinja --\né – 𝄞\n")
    assert shelf.parted(bundle) == TEXTS
    assert shelf.parted("A remark.\n" + bundle) == TEXTS


@pytest.mark.parametrize("text", ["", "no end", "one\n-- x --\ntwo\n"])
def test_a_text_that_would_not_come_back_is_refused(text: str) -> None:
    with pytest.raises(BadData, match=r"cannot hold a\.jinja"):
        shelf.joined({"a.jinja": text, "b.jinja": "fine\n"})


def test_texts_are_found_in_bundles_and_beside_them(folder: Path) -> None:
    (folder / "python.txtar").write_text(shelf.joined(TEXTS), encoding="utf-8")
    (folder / "python" / "b.jinja").write_text("of another version\n")
    (folder / "python" / "mine.jinja").write_text("mine\n")
    assert shelf.text("templates", "python/a/c.jinja") == TEXTS["python/a/c.jinja"]
    assert shelf.text("templates", "python/b.jinja") == TEXTS["python/b.jinja"]
    assert shelf.text("templates", "python/mine.jinja") == "mine\n"
    assert shelf.text("templates", "python/none.jinja") is None
    assert sorted(map(str, shelf.names("templates", "python/*.jinja"))) == ["python/b.jinja", "python/mine.jinja"]
    assert shelf.place("templates", "python/b.jinja") == folder / "python.txtar"
    assert shelf.place("templates", "python/mine.jinja") == folder / "python" / "mine.jinja"


@pytest.mark.parametrize("file", OURS, ids=lambda one: f"{one.parent.name}-{one.stem}")
def test_both_parsers_of_yaml_read_our_files_alike(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert yaml.load(text, yaml.SafeLoader) == yaml.load(text, yaml.CSafeLoader)
