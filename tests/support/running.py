"""Runs a written program in its own interpreter, in a clean environment, and tells all it did."""

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
from support.watching import Process, Scene, Watch

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "tests" / "web"
COMMANDS = {"python": (sys.executable,), "javascript": ("node",), "typescript": ("node",), "shell": ("bash",)}
ROUTE = WEB / "route.mjs"  # asks a route handler as a page would
NODE = ("javascript", "typescript")
PACKAGES = {"anthropic": "@anthropic-ai/sdk", "google-genai": "@google/genai"}
SUFFIXES = {"python": ".py", "javascript": ".mjs", "shell": ".sh"}


@dataclass(frozen=True)
class Ran:
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
    scene: Scene


def run(
    code: str, language_id: str, env: Mapping[str, str], cwd: Path | None = None, scene: Scene | None = None
) -> Ran:
    """Runs `code` with nothing of the developer's environment but PATH.

    Without `cwd` it works in an empty folder of its own. Of a TypeScript program the types are stripped first;
    a Next.js route is asked by a program beside it.
    """
    scene = scene or Scene()
    if language_id == "typescript":
        return run(strip_types(code), "javascript", env, cwd, scene)
    if language_id == "nextjs":
        beside = replace(scene, beside={"handler.mjs": strip_types(code)}, shared=scene.interrupt is None)
        return run(ROUTE.read_text(encoding="utf-8"), "javascript", env, cwd, beside)
    if _forks(language_id, scene):
        fork_server(_imported(code, scene))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = write_program(code, language_id, folder / "program")
        work, home = cwd or folder / "work", folder / "home"
        for one in (work, home / "tmp"):
            one.mkdir(parents=True, exist_ok=True)
        for path, text in (scene.home or {}).items():
            (home / path).write_text(text, encoding="utf-8")
        before = _files(work, home)
        clean = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home / "tmp"), "LANG": "C.UTF-8"}
        for path, text in (scene.beside or {}).items():
            (program.parent / path).write_text(text, encoding="utf-8")
        if scene.shared and language_id == "javascript":
            ran = _run_shared(program, work, {**clean, **env}, scene)
            after = _files(work, home)
            return replace(ran, files={path: after[path] for path in after if after[path] != before.get(path)})
        (folder / "stdin").write_bytes(scene.stdin)
        with (folder / "stdin").open("rb") as stdin, (folder / "stderr").open("w+b") as stderr:
            ran = _run(Job(language_id, program, work, {**clean, **env}, scene), stdin, stderr)
        after = _files(work, home)
    return replace(ran, files={path: after[path] for path in after if after[path] != before.get(path)})


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
    lacking = [one for one in commands if not shutil.which(one)]
    package = PACKAGES.get(library, library)
    if language_id in NODE and library != "fetch" and not (node_modules() / package).is_dir():
        lacking.append(f"npm package {package}")
    if language_id == "nextjs" and not (WEB / "node_modules").is_dir():
        lacking.append("npm ci in tests/web")
    return ", ".join(lacking)


def _run(job: Job, stdin: BinaryIO, stderr: BinaryIO) -> Ran:
    read, write = os.pipe()
    started = time.monotonic()
    try:
        process = _start(job, [stdin.fileno(), write, stderr.fileno()])
    finally:
        os.close(write)
    watch = Watch(process, read, started, job.scene)
    watch.follow()
    try:
        code = process.wait(job.scene.timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        code = process.wait(job.scene.timeout)
    ended = time.monotonic()
    stderr.seek(0)
    return Ran(
        code=128 - code if code < 0 else code,
        stdout=bytes(watch.output),
        stderr=stderr.read().decode(errors="backslashreplace"),
        seconds=ended - started,
        ended=ended,
        first_output=None if watch.first is None else watch.first - started,
        processes=watch.processes,
    )


def _run_shared(program: Path, work: Path, env: Mapping[str, str], scene: Scene) -> Ran:
    told = run_in_node(program, scene.args, work, env, scene.timeout)
    return Ran(
        code=told["code"],
        stdout=told["stdout"],
        stderr=told["stderr"],
        seconds=told["seconds"],
        ended=time.monotonic(),
        first_output=told["first"],
        processes=frozenset(),
    )


def _imported(code: str, scene: Scene) -> str:
    """The program and what it may import beside it."""
    return "\n".join([code, *(scene.beside or {}).values()])


def _forks(language_id: str, scene: Scene) -> bool:
    return scene.warm and language_id == "python" and hasattr(os, "fork")


def _start(job: Job, streams: Sequence[int]) -> Process:
    if _forks(job.language_id, job.scene):
        code = _imported(job.program.read_text(encoding="utf-8"), job.scene)
        return fork_server(code).start(job.program, job.scene.args, job.work, job.env, streams)
    stdin, stdout, stderr = streams
    command = [*COMMANDS[job.language_id], str(job.program), *job.scene.args]
    return subprocess.Popen(
        command, cwd=job.work, env=job.env, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
    )


def _files(*folders: Path) -> dict[str, bytes]:
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in paths}
