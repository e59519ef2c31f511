"""Scan the small archive with a strict, offline skill scanner, and validate its front matter.

    python tools/scan.py FOLDER-OF-PROGRAMS

The folder holds `skill-scanner` (cisco-ai-skill-scanner) and `agentskills` (skills-ref): see `make
scan`. Only one finding is allowed: the number of files, as LOW.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from chat_completions.cli.install import NAME  # noqa: E402

SMALL = ROOT / "dist" / f"{NAME}.zip"


def main() -> None:
    """Exit with 1 if a scanner reports a finding that is not allowed."""
    programs = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        with ZipFile(SMALL) as archive:
            archive.extractall(folder)
        skill = Path(folder) / NAME
        subprocess.run([programs / "agentskills", "validate", skill], check=True)
        findings = scan(programs, skill)
    for finding in findings:
        where = f"{finding.get('file_path') or '.'}:{finding.get('line_number') or ''}"
        print(f"{finding['severity']}  {finding['rule_id']}  {where}  {finding['title']}")
    sys.exit(not all(map(is_allowed, findings)))


def is_allowed(finding: Mapping[str, Any]) -> bool:
    """Return whether it is the number of files, reported as LOW or less."""
    return finding["rule_id"] == "EXCESSIVE_FILE_COUNT" and finding["severity"] in ("LOW", "INFO", "SAFE")


def scan(programs: Path, skill: Path) -> list[dict[str, Any]]:
    """Return what the strict scan finds; exit where the scanner itself fails."""
    command = [str(programs / "skill-scanner"), "scan", str(skill), "--policy", "strict", "--format", "json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(result.stdout[result.stdout.index("{") :])
    except ValueError:
        sys.exit(f"Error: the scanner failed: {(result.stderr or result.stdout).strip()[-500:]}")
    return list(report["findings"])


if __name__ == "__main__":
    main()
