"""The README tells, up to date, where every cassette comes from; only recorded ones count as real traffic."""

from collections import Counter
from pathlib import Path

import make_sources
import pytest
import yaml
from chat_completions.replay import cassette
from support.cassette_programs import CASSETTES, load_cassette

ROOT = Path(__file__).resolve().parents[1]


def test_the_table_is_not_stale() -> None:
    assert make_sources.table().rstrip() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_new_cassette_makes_it_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = make_sources.table()
    monkeypatch.setattr(make_sources, "CASSETTES", tmp_path)
    assert make_sources.table() != before


def test_only_what_was_recorded_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_sources, "CASSETTES", tmp_path)
    data = yaml.safe_load((CASSETTES / "aitoll" / "chat.yaml").read_text(encoding="utf-8"))
    (tmp_path / "aitoll").mkdir()
    for label, count in (("constructed", 0), ("documented", 0), ("recorded", 1)):
        data["provenance"]["label"] = label
        (tmp_path / "aitoll" / "chat.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
        assert f"Checked against real traffic: {count} of 1 cassettes." in make_sources.table()
        assert dict(zip(cassette.LABELS, cells(make_sources.table()), strict=True))[label].startswith("1")


def cells(table: str) -> list[str]:
    """The last three cells of the one row."""
    return [part.strip() for part in table.splitlines()[2].split("|")[3:6]]


def test_the_count_is_that_of_the_labels() -> None:
    labels = Counter(load_cassette(file)["provenance"]["label"] for file in CASSETTES.glob("*/*.yaml"))
    assert set(labels) <= set(cassette.LABELS)
    assert (
        f"Checked against real traffic: {labels['recorded']} of {sum(labels.values())} cassettes."
        in make_sources.table()
    )


def test_a_recording_names_its_software_with_a_version_and_its_day() -> None:
    for file in CASSETTES.glob("*/*.yaml"):
        provenance = load_cassette(file)["provenance"]
        if provenance["label"] == "recorded":
            assert any(part[:1].isdigit() for part in provenance["source"].split()), file
            assert provenance["note"], file
