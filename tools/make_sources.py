"""Writes into the README where each cassette comes from: gateway, task, and which of three labels.

    python tools/make_sources.py [--check]

With --check nothing is written; the exit code is 1 when the table is stale. Only `recorded` counts
as checked against real traffic.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from chat_completions import catalog  # noqa: E402
from chat_completions.live import cassette  # noqa: E402

README = ROOT / "README.md"
CASSETTES = ROOT / "tests" / "cassettes"
PART = re.compile(r"(<!-- generated: sources -->\n).*?(<!-- end -->)", re.DOTALL)
OTHER = "failures and malformed requests"


def main() -> int:
    """Write the table, or only compare it."""
    old = README.read_text(encoding="utf-8")
    new = PART.sub(lambda found: f"{found[1]}\n{table()}\n{found[2]}", old)
    if new != old and "--check" in sys.argv:
        print("stale: README.md; run `make references`", file=sys.stderr)
        return 1
    README.write_text(new, encoding="utf-8")
    return 0


def table() -> str:
    """The table, and the count that only recorded scenes enter."""
    lines = [f"| gateway | task | {' | '.join(cassette.LABELS)} |", "|---|---|---|---|---|"]
    every = [cassette.about(file) for file in sorted(CASSETTES.glob("*/*.yaml"))]
    for folder in sorted(CASSETTES.iterdir()):
        found: dict[tuple[str, ...], list[str]] = {}
        for task, scenes in by_task(folder).items():
            found.setdefault(tuple(cell(scenes, label) for label in cassette.LABELS), []).append(task)
        name = catalog.gateway(folder.name).name
        lines += [f"| {name} | {', '.join(tasks)} | {' | '.join(cells)} |" for cells, tasks in found.items()]
    recorded = sum(one["provenance"]["label"] == "recorded" for one in every)
    return "\n".join(lines) + f"\n\nChecked against real traffic: {recorded} of {len(every)} scenes.\n"


def by_task(folder: Path) -> dict[str, list[Mapping[str, Any]]]:
    """The scenes of a gateway, each under its task; trouble apart, as it is no task."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for file in sorted(folder.glob("*.yaml")):
        one = cassette.about(file)
        works = "write" in one and one["expect"]["exit"] == 0
        found.setdefault(one["write"].get("task", "chat") if works else OTHER, []).append(one)
    return dict(sorted(found.items(), key=lambda pair: pair[0] == OTHER))


def cell(scenes: Iterable[Mapping[str, Any]], label: str) -> str:
    """By what, when, or where, for the scenes of this label; a dash where there is none."""
    about = [one["provenance"] for one in scenes if one["provenance"]["label"] == label]
    if label == "constructed":
        return f"{len(about)}" if about else "–"
    told = dict.fromkeys(told_of(one) for one in about)
    return f"{len(about)}: {'; '.join(told)}" if about else "–"


def told_of(one: Mapping[str, Any]) -> str:
    """Source and day; a mock is called one."""
    day = f", {one['date']}" if one["label"] == "recorded" else ""
    return f"{one['source']}{day}{' (mock)' if one.get('mock') else ''}".replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
