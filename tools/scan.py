"""Scans the small archive as strict skill scanners do, offline, and validates its front matter.

    python tools/scan.py FOLDER-OF-PROGRAMS

The folder holds `skill-scanner` (cisco-ai-skill-scanner) and `agentskills` (skills-ref): see `make
scan`. The one finding that is allowed is the number of files.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from chat_completions.installing.contents import NAME  # noqa: E402

SMALL = ROOT / "dist" / f"{NAME}.zip"
ALLOWED = {"EXCESSIVE_FILE_COUNT"}


def main() -> None:
    """Exit 1 where a scanner finds anything else."""
    programs = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        with ZipFile(SMALL) as archive:
            archive.extractall(folder)
        skill = Path(folder) / NAME
        subprocess.run([programs / "agentskills", "validate", skill], check=True)
        findings = told("the archive", scanned(programs, skill))
    sys.exit(not {one["rule_id"] for one in findings} <= ALLOWED)


def told(how: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings, printed."""
    print(f"{how}: {len(findings)} findings")
    for one in findings:
        where = f"{one.get('file_path') or '.'}:{one.get('line_number') or ''}"
        print(f"  {one['severity']}  {one['rule_id']}  {where}  {one['title']}")
    return findings


def scanned(programs: Path, skill: Path) -> list[dict[str, Any]]:
    """What the strict scan finds; it stops with words where the scanner itself fails."""
    command = [str(programs / "skill-scanner"), "scan", str(skill), "--policy", "strict", "--format", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(ran.stdout[ran.stdout.index("{") :])
    except ValueError:
        sys.exit(f"Error: the scanner failed: {(ran.stderr or ran.stdout).strip()[-500:]}")
    return list(report["findings"])


if __name__ == "__main__":
    main()
