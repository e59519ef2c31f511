"""How many prompts a printed batch program answers in a second, against what its bound allows.

    python tools/bench_batch.py [LANGUAGE LIBRARY]

A gateway on loopback takes 0.2 s for each answer, so that CONCURRENCY requests at a time give at most
CONCURRENCY / 0.2 answers a second. It judges nothing: machines differ, and a clock never fails a test.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from chat_completions.generate import generate_program  # noqa: E402
from chat_completions.planning.types import ProgramRequest  # noqa: E402
from support.busy_server import busy_server  # noqa: E402
from support.running import COMMANDS, write_program  # noqa: E402

DELAY, PROMPTS = 0.2, 500


def main(language: str = "python", library: str = "openai") -> None:
    """Run one program and print its throughput."""
    program = generate_program(ProgramRequest("aitoll", task="batch", language=language, library=library))
    bound = int((re.search(r"CONCURRENCY = (\d+)", program.code) or ["", "1"])[1])
    with tempfile.TemporaryDirectory() as name, busy_server(delay=DELAY) as server:
        file = write_program(program.code, language, Path(name, "program"))
        env = {**os.environ, "AITOLL_API_KEY": "key-of-the-bench", "AITOLL_BASE_URL": server.url}
        prompts = "".join(f"Prompt {number}\n" for number in range(1, PROMPTS + 1)).encode()
        started = time.monotonic()
        command = [*COMMANDS[language], str(file), "-", "-"]
        subprocess.run(command, input=prompts, env=env, stdout=subprocess.DEVNULL, check=True)
        seconds = time.monotonic() - started
    requests = sum(server.answered.values()) + sum(server.refused.values())
    print(f"{language}/{library}: {PROMPTS} prompts, {requests} requests, {seconds:.1f} s")
    print(
        f"{requests / seconds:.1f} requests a second of at most {bound / DELAY:.1f}; {server.most} at a time of {bound}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
