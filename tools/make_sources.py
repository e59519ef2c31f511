"""Make the table of the README that lists the source of each cassette: gateway, task, and one of three labels.

Only `recorded` counts as checked against real traffic. make_references.py writes the table into the README.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.replay import cassette

CASSETTES = Path(__file__).resolve().parents[1] / "tests" / "cassettes"
OTHER = "failures and malformed requests"


def table() -> str:
    """Return the table, and the number of recorded cassettes."""
    lines = [f"| gateway | task | {' | '.join(cassette.LABELS)} |", "|---|---|---|---|---|"]
    every = [cassette.load_cassette(file) for file in sorted(CASSETTES.glob("*/*.yaml"))]
    for folder in sorted(CASSETTES.iterdir()):
        tasks_by_cells: dict[tuple[str, ...], list[str]] = {}
        for task, cassettes in by_task(folder).items():
            tasks_by_cells.setdefault(tuple(cell(cassettes, label) for label in cassette.LABELS), []).append(task)
        name = load_gateway(folder.name).name
        lines += [f"| {name} | {', '.join(tasks)} | {' | '.join(cells)} |" for cells, tasks in tasks_by_cells.items()]
    recorded = sum(item["provenance"]["label"] == "recorded" for item in every)
    return "\n".join(lines) + f"\n\nChecked against real traffic: {recorded} of {len(every)} cassettes.\n"


def by_task(folder: Path) -> dict[str, list[Mapping[str, Any]]]:
    """Return the cassettes of a gateway, each under its task; failures apart, because they are not a task."""
    cassettes_by_task: dict[str, list[Mapping[str, Any]]] = {}
    for file in sorted(folder.glob("*.yaml")):
        data = cassette.load_cassette(file)
        works = "write" in data and data["expect"]["exit"] == 0
        cassettes_by_task.setdefault(data["write"].get("task", "chat") if works else OTHER, []).append(data)
    return dict(sorted(cassettes_by_task.items(), key=lambda pair: pair[0] == OTHER))


def cell(cassettes: Iterable[Mapping[str, Any]], label: str) -> str:
    """Return number, sources and dates of the cassettes with this label; a dash where there is none."""
    provenances = [data["provenance"] for data in cassettes if data["provenance"]["label"] == label]
    if label == "constructed":
        return f"{len(provenances)}" if provenances else "–"
    sources = dict.fromkeys(source_of(provenance) for provenance in provenances)
    return f"{len(provenances)}: {'; '.join(sources)}" if provenances else "–"


def source_of(provenance: Mapping[str, Any]) -> str:
    """Return source and date of a cassette, and whether it is a mock."""
    day = f", {provenance['date']}" if provenance["label"] == "recorded" else ""
    return f"{provenance['source']}{day}{' (mock)' if provenance.get('mock') else ''}".replace("|", "\\|")
