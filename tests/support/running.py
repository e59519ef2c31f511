"""Run a printed program in its own interpreter and a clean environment, and return all that it did."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from support.fork_server import fork_server
from support.node_server import run_in_node, strip_types
from support.watching import Process, RunOptions, Watch

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "tests" / "web"
COMMANDS = {"python": (sys.executable,), "javascript": ("node",), "typescript": ("node",), "shell": ("bash",)}
ROUTE = WEB / "route.mjs"  # asks a route handler as a page would
NODE = ("javascript", "typescript")
PACKAGES = {"anthropic": "@anthropic-ai/sdk", "google-genai": "@google/genai"}
# Where the folders of programs are made: in memory where there is room, which is many times quicker than a disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of a name of its own is made in it
SCRATCH = MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30 else None
CERTIFICATE = ROOT / "tests" / "cases" / "certificate.pem"
SUFFIXES = {"python": ".py", "javascript": ".mjs", "shell": ".sh"}


@dataclass(frozen=True)
class RunResult:
    """What became of a program; `code` is the one a shell would see (130 for SIGINT)."""

    code: int
    stdout: bytes
    stderr: str
    seconds: float
    ended: float
    first_output: float | None
    processes: frozenset[bytes] = field(repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A program, where it works and with what."""

    language_id: str
    program: Path
    work: Path
    env: Mapping[str, str]
    options: RunOptions


def run(
    code: str, language_id: str, env: Mapping[str, str], cwd: Path | None = None, options: RunOptions | None = None
) -> RunResult:
    """Runs `code` with nothing of the developer's environment but PATH.

    Without `cwd` it works in an empty folder of its own. Of a TypeScript program the types are stripped first;
    a Next.js route is asked by a program beside it.
    """
    options = options or RunOptions()
    if language_id == "typescript":
        return run(strip_types(code), "javascript", env, cwd, options)
    if language_id == "nextjs":
        with_handler = replace(options, files={"handler.mjs": strip_types(code)}, shared=options.interrupt is None)
        return run(ROUTE.read_text(encoding="utf-8"), "javascript", env, cwd, with_handler)
    if _forks(language_id, options):
        fork_server(_imports(code, options))
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name:
        folder = Path(name)
        program = write_program(code, language_id, folder / "program")
        work, home = cwd or folder / "work", folder / "home"
        for place in (work, home / "tmp"):
            place.mkdir(parents=True, exist_ok=True)
        for path, text in (options.home or {}).items():
            (home / path).write_text(text, encoding="utf-8")
        before = _files(work, home)
        clean = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home / "tmp"), "LANG": "C.UTF-8"}
        clean |= {"SSL_CERT_FILE": str(CERTIFICATE)}  # else each HTTP client of Python reads all certificates there are
        for path, text in (options.files or {}).items():
            (program.parent / path).write_text(text, encoding="utf-8")
        if options.shared and language_id == "javascript":
            result = _run_shared(program, work, {**clean, **env}, options)
            after = _files(work, home)
            return replace(result, files={path: after[path] for path in after if after[path] != before.get(path)})
        (folder / "stdin").write_bytes(options.stdin)
        with (folder / "stdin").open("rb") as stdin, (folder / "stderr").open("w+b") as stderr:
            result = _run(Job(language_id, program, work, {**clean, **env}, options), stdin, stderr)
        after = _files(work, home)
    return replace(result, files={path: after[path] for path in after if after[path] != before.get(path)})


def write_program(code: str, language_id: str, folder: Path) -> Path:
    """Write a program to a new folder, with the packages that it imports; return its file."""
    folder.mkdir()
    program = folder / f"program{SUFFIXES[language_id]}"
    program.write_bytes(code.encode())
    if language_id == "javascript" and node_modules().is_dir():
        # Node looks for packages beside the program only; NODE_PATH does not count for modules.
        (folder / "node_modules").symlink_to(node_modules(), target_is_directory=True)
    return program


def node_modules() -> Path:
    """The folder with the npm packages that programs import."""
    return Path(os.environ.get("CHAT_COMPLETIONS_NODE_MODULES") or ROOT / "node_modules").resolve()


def missing(language_id: str, library: str) -> str:
    """What a program would need and this machine lacks, or nothing."""
    commands = {"shell": ["bash", "curl", "jq"]}.get(language_id, [] if language_id == "python" else ["node"])
    lacking = [command for command in commands if not shutil.which(command)]
    package = PACKAGES.get(library, library)
    if language_id in NODE and library != "fetch" and not (node_modules() / package).is_dir():
        lacking.append(f"npm package {package}")
    if language_id == "nextjs" and not (WEB / "node_modules").is_dir():
        lacking.append("npm ci in tests/web")
    return ", ".join(lacking)


def _run(job: Job, stdin: BinaryIO, stderr: BinaryIO) -> RunResult:
    read, write = os.pipe()
    started = time.monotonic()
    try:
        process = _start(job, [stdin.fileno(), write, stderr.fileno()])
    finally:
        os.close(write)
    watch = Watch(process, read, started, job.options)
    watch.follow()
    try:
        code = process.wait(job.options.timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        code = process.wait(job.options.timeout)
    ended = time.monotonic()
    stderr.seek(0)
    return RunResult(
        code=128 - code if code < 0 else code,
        stdout=bytes(watch.output),
        stderr=stderr.read().decode(errors="backslashreplace"),
        seconds=ended - started,
        ended=ended,
        first_output=None if watch.first is None else watch.first - started,
        processes=watch.processes,
    )


def _run_shared(program: Path, work: Path, env: Mapping[str, str], options: RunOptions) -> RunResult:
    result = run_in_node(program, work, env, options)
    return RunResult(
        code=result["code"],
        stdout=result["stdout"],
        stderr=result["stderr"],
        seconds=result["seconds"],
        ended=time.monotonic(),
        first_output=result["first"],
        processes=frozenset(),
    )


def _imports(code: str, options: RunOptions) -> str:
    """The program and what it may import beside it."""
    return "\n".join([code, *(options.files or {}).values()])


def _forks(language_id: str, options: RunOptions) -> bool:
    return options.warm and language_id == "python" and hasattr(os, "fork")


def _start(job: Job, streams: Sequence[int]) -> Process:
    if _forks(job.language_id, job.options):
        code = _imports(job.program.read_text(encoding="utf-8"), job.options)
        server = fork_server(code)
        start = server.start_shared if job.options.shared and job.options.interrupt is None else server.start
        return start(job.program, job.options.args, job.work, job.env, streams)
    stdin, stdout, stderr = streams
    command = [*COMMANDS[job.language_id], str(job.program), *job.options.args]
    return subprocess.Popen(
        command, cwd=job.work, env=job.env, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
    )


def _files(*folders: Path) -> dict[str, bytes]:
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in paths}
