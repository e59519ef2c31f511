"""Measure how much of an agent's context the skill takes: its entry in the list of skills, SKILL.md, and one answer.

    python tools/measure_context.py

The answer is what `write --output FILE` prints, the command that SKILL.md recommends: the longest of all offered
combinations. The tool also prints how much more a program takes when it is shown instead.

Tokens are estimated, as no vendor's tokenizer ships for all: three characters make one, and each
character beyond ASCII one and a half. That is on the high side: o200k_base (gpt-tokenizer 4.0.0)
has 3.9 characters a token in SKILL.md and 3.6 in the programs.
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from chat_completions.cli import write  # noqa: E402
from chat_completions.generate import generate_program  # noqa: E402
from chat_completions.planning.combinations import offered_combinations  # noqa: E402
from chat_completions.planning.types import Program, ProgramRequest  # noqa: E402

MOST = 2500


def tokens(text: str) -> int:
    """Return an estimate that tends to be too high."""
    plain = sum(item.isascii() for item in text)
    return math.ceil(plain / 3 + (len(text) - plain) * 1.5)


def programs() -> Iterator[Program]:
    """Return the program of every offered combination."""
    for combination in offered_combinations():
        yield generate_program(ProgramRequest(*combination[:7]))


def measure() -> dict[str, int]:
    """Return the parts and their tokens."""
    skill = (ROOT / "SKILL.md").read_text(encoding="utf-8")
    front = skill.split("---")[1]
    answer = max(tokens(write.notes(program, Path(program.filename))) for program in programs())
    return {"front matter, as it is listed": tokens(front), "SKILL.md": tokens(skill), "the longest answer": answer}


def main() -> None:
    """Print the parts and fail where they are too many."""
    parts = measure()
    for name, count in {**parts, "in all": sum(parts.values())}.items():
        print(f"{count:>6,}  {name}")
    print(f"{MOST:>6,}  at most")
    shown = tokens(write.markdown(generate_program(ProgramRequest("aitoll"))))
    print(f"\nWhere an agent shows the program instead of writing a file (--format markdown): {shown:,} more.")
    sys.exit(sum(parts.values()) > MOST)


if __name__ == "__main__":
    main()
