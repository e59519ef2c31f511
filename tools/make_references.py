"""Fill in the generated parts of references/*.md and README.md from the YAML files and the templates.

    python tools/make_references.py [--check]

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. With --check nothing is
written; the exit code is 1 when a part is stale.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import make_sources
import reference_examples
import reference_facts

ROOT = Path(__file__).resolve().parents[1]
PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "references").glob("*.md")))


def main() -> int:
    """Write the documents, or only compare them."""
    stale = []
    for file in DOCUMENTS:
        old = file.read_text(encoding="utf-8")
        new = PART.sub(lambda match: f"{match[1]}\n{_part(match[2]).rstrip()}\n\n{match[3]}", old)
        if new != old:
            stale.append(file.name)
            if "--check" not in sys.argv:
                file.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run `make references`", file=sys.stderr)
        return 1
    return 0


def _part(name: str) -> str:
    """Return a part by its name: `requests-X` holds the requests of protocol X."""
    part, _, protocol = name.partition("-")
    return reference_examples.requests(protocol) if part == "requests" else PARTS[name]()


PARTS: dict[str, Callable[[], str]] = {
    "decisions": reference_facts.decisions,
    "models": reference_facts.models,
    "gateways": reference_facts.gateways,
    "parameters": reference_facts.parameters,
    "combinations": reference_facts.combinations,
    "errors": reference_facts.errors,
    "programs": reference_examples.programs,
    "sample": reference_examples.sample,
    "samples": reference_examples.samples,
    "sources": make_sources.table,
}

if __name__ == "__main__":
    sys.exit(main())
