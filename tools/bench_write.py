"""Measure a cold start of `write`, compared with importing its three packages.

    python tools/bench_write.py [RUNS]

Prints CPU seconds (user + system, median over RUNS alternating runs) and their ratio. It has no
limit, because machines differ.
"""

import os
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
BASELINE = [sys.executable, "-c", "import jinja2, yaml, click"]
WRITE = [sys.executable, str(ROOT / "scripts" / "chat-completions.py"), "write", "Say hello"]


def cpu_seconds(command: list[str]) -> float:
    """Return user and system time of one run of `command`, in seconds."""
    # An environment that forbids bytecode would make both compile their sources each time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure both commands alternately, so that changes in the load of the machine affect both."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    cpu_seconds(BASELINE), cpu_seconds(WRITE)  # the first runs fill the caches of bytecode
    pairs = [(cpu_seconds(BASELINE), cpu_seconds(WRITE)) for _ in range(runs)]
    baseline, write = median(a for a, _ in pairs), median(b for _, b in pairs)
    ratio = median(b / a for a, b in pairs)
    print(f"baseline {baseline:.3f} s, write {write:.3f} s, ratio {ratio:.2f} (median of {runs} pairs)")


if __name__ == "__main__":
    main()
