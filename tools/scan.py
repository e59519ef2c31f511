"""Scans the small archive as strict skill scanners do, offline, and validates its front matter.

    python tools/scan.py FOLDER-OF-PROGRAMS

The folder holds `skill-scanner` (cisco-ai-skill-scanner) and `agentskills` (skills-ref): see `make
scan`. One finding is let through and printed: strict scans want at most 50 files, and this skill
keeps each gateway, task and template in a file of its own, so that it can be read.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

DIST = Path(__file__).resolve().parents[1] / "dist"
LET_THROUGH = {"EXCESSIVE_FILE_COUNT"}


def main() -> None:
    """Exit 1 where a scanner finds anything else."""
    programs = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        with ZipFile(DIST / "chat-completions.zip") as archive:
            archive.extractall(folder)
        skill = Path(folder) / "chat-completions"
        subprocess.run([programs / "agentskills", "validate", skill], check=True)
        findings = scanned(programs, skill)
    for one in findings:
        where = f"{one.get('file_path') or '.'}:{one.get('line_number') or ''}"
        print(f"{one['severity']}  {one['rule_id']}  {where}  {one['title']}")
    bad = [one for one in findings if one["rule_id"] not in LET_THROUGH]
    print(f"{len(bad)} findings, and {len(findings) - len(bad)} let through")
    sys.exit(bool(bad))


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
