"""Texts are found alone or in a bundle, and come out of a bundle as they went in."""

import shutil
from pathlib import Path

import pytest
import yaml
from chat_completions import catalog, shelf
from chat_completions.errors import BadData, BadInput
from chat_completions.shapes import Request
from chat_completions.snippet import make
from support.packed import SMALL, packed, unpacked

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


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An unpacked skill that is the one in use."""
    folder = unpacked(packed() / SMALL, tmp_path)
    monkeypatch.setattr(shelf, "skill_root", lambda: folder)
    return folder


def test_a_gateway_file_in_the_skill_s_folder_is_the_user_s_own(installed: Path) -> None:
    folder = installed / "references" / "gateways"
    folder.mkdir()
    for text, words in [
        (
            'name: "x\\"\\"\\"\\nimport os"\nbase_url: https://x.example/v1\nkey: MINE_API_KEY\nmodels: [a]\n',
            "mine.yaml:1: name",
        ),
        ("name: x\nbase_url: https://x.example/v1\nkey: MINE KEY; id\nmodels: [a]\n", "mine.yaml:3: key"),
        ("name: x\nbase_url: 12\nkey: MINE_API_KEY\nmodels: [a]\n", "mine.yaml:2: base_url"),
        ("name: {\n", "the gateway file is broken"),
    ]:
        (folder / "mine.yaml").write_text(text)
        with pytest.raises(BadInput, match=words):
            make(Request("mine"))
    (folder / "aitoll.yaml").write_text("name: x\nbase_url: https://x.example/v1\nkey: MINE_API_KEY\nmodels: [a]\n")
    assert "MINE_API_KEY" in make(Request("aitoll")).code
    (folder / ".#mine.yaml").symlink_to("nowhere")
    assert catalog.names("gateway").count(".#mine") == 0


def test_a_task_of_one_s_own_brings_no_code_into_a_comment(installed: Path) -> None:
    (installed / "references" / "tasks").mkdir()
    file = installed / "references" / "tasks" / "mine.yaml"
    file.write_text('kind: text\nprompt: Hi\nsummary: "x\\nimport os"\n')
    with pytest.raises(BadData, match=r"tasks/mine\.yaml is broken: .* not one short plain line"):
        make(Request("aitoll", task="mine"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("references/facts.txtar", b"", "There is no gateway at all"),
        ("references/facts.txtar", b"-- gateways/aitoll.yaml --\nname: \xff\n", "references/facts.txtar is broken"),
        ("references/facts.txtar", b"-- gateways/aitoll.yaml --\nname: {\n", "gateways/aitoll.yaml is broken"),
        ("references/facts.txtar", b"-- gateways/aitoll.yaml --\nname: x\n", "upstream.yaml is missing"),
        ("templates/python.txtar", b"-- python/language.yaml --\nname: x\n", "python/language.yaml is broken"),
        ("templates/python.txtar", b"-- python/language.yaml --\n{\n", "python/language.yaml is broken"),
    ],
)
def test_damaged_files_of_ours_are_named(name: str, content: bytes, words: str, installed: Path) -> None:
    (installed / name).write_bytes(content)
    with pytest.raises(BadData, match=words):
        make(Request("aitoll"))


@pytest.mark.parametrize("file", OURS, ids=lambda one: f"{one.parent.name}-{one.stem}")
def test_both_parsers_of_yaml_read_our_files_alike(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert yaml.load(text, yaml.SafeLoader) == yaml.load(text, yaml.CSafeLoader)


def test_what_a_file_manager_leaves_is_no_bundle(installed: Path) -> None:
    for name in ("references/._facts.txtar", "templates/._python.txtar", "templates/.DS_Store"):
        (installed / name).write_bytes(b"\0\5\x16\7\xff")
    assert make(Request("aitoll", prompt="Hi")).code


def test_names_in_bundles_are_matched_from_their_start(folder: Path) -> None:
    (folder / "more.txtar").write_text(shelf.joined({"old/gateways/x.yaml": "name: X\n"}))
    assert list(shelf.names("templates", "gateways/*.yaml")) == []
    assert list(map(str, shelf.names("templates", "old/gateways/*.yaml"))) == ["old/gateways/x.yaml"]


def test_a_template_that_is_no_text_or_fails_is_told_by_its_language(installed: Path) -> None:
    (installed / "templates" / "mine").mkdir()
    shutil.copy(ROOT / "templates" / "python" / "language.yaml", installed / "templates" / "mine" / "language.yaml")
    for content in (b"\xff", b"{{ 1 / 0 }}", b"{{ call.nothing }}", b"{% x %}"):
        (installed / "templates" / "mine" / "requests.jinja").write_bytes(content)
        with pytest.raises(BadData, match="templates/mine: "):
            make(Request("aitoll", language="mine", prompt="Hi"))
