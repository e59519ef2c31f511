"""Run JavaScript programs quickly: one after another in a Node process that has loaded their packages.

The same process takes the types out of TypeScript programs.
"""

import atexit
import base64
import json
import os
import queue
import re
import select
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from support.watching import RunOptions

DRIVER = Path(__file__).resolve().parents[1] / "programs" / "drivers" / "run_many.mjs"


class NodeProcess:
    """One Node process; it takes one program at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", str(DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"]},
        )

    def run(self, job: Mapping[str, Any], timeout: float) -> dict[str, Any] | None:
        """Return what became of a program, or None where it did not end in time."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return None
        stdin.write(json.dumps(job).encode() + b"\n")
        stdin.flush()
        if not select.select([stdout], [], [], timeout)[0]:
            self.close()
            return None
        line = stdout.readline()
        return dict(json.loads(line)) if line else None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


_idle: queue.SimpleQueue[NodeProcess] = queue.SimpleQueue()


def run_in_node(program: Path, cwd: Path, env: Mapping[str, str], options: RunOptions) -> dict[str, Any]:
    """Run a program in a Node process that waits for one, or in a new one."""
    stdin = base64.b64encode(options.stdin).decode()
    job: dict[str, Any] = {"program": str(program), "cwd": str(cwd), "env": dict(env), "stdin": stdin}
    job |= {"args": list(options.args), "silent": options.silent}
    result = _run_job(job, options.timeout)
    if result is None:
        return {"code": 137, "seconds": options.timeout, "stdout": b"", "stderr": "", "first": None}
    stderr = base64.b64decode(result["stderr"]).decode(errors="backslashreplace")
    return {**result, "stdout": base64.b64decode(result["stdout"]), "stderr": stderr}


@cache
def strip_types(typescript: str) -> str:
    """Return the program as Node runs it: each type is blanks. ValueError where a type cannot be erased so."""
    return _without_types(typescript, "strip-only")


@cache
def normal_form(program: str) -> str:
    """Return a program without its types and in one layout, so that equal programs have equal texts."""
    code = _without_types(program, "transform")
    return re.sub(r"( *)let (\w+(?:, \w+)+);", lambda match: match[0].replace(", ", f";\n{match[1]}let "), code)


def _without_types(typescript: str, mode: str) -> str:
    result = _run_job({"typescript": typescript, "mode": mode}, timeout=30)
    if result is None or "error" in result:
        raise ValueError(result["error"] if result else "the types were not stripped in time")
    return str(result["code"])


def _run_job(job: Mapping[str, Any], timeout: float) -> dict[str, Any] | None:
    try:
        process = _idle.get_nowait()
    except queue.Empty:
        process = NodeProcess()
        atexit.register(process.close)
    result = process.run(job, timeout)
    if result is None:
        atexit.unregister(process.close)
        process.close()
    else:
        _idle.put(process)
    return result
