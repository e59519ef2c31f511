"""Fork Python programs from an interpreter that has imported their libraries.

Run as a program: `fork_server_main.py FD NAME…`, where a name is a module or `module:Model`. A job is JSON and four
descriptors: the program's stdin, stdout and stderr, and one for the process id and the wait status. An empty job
with one descriptor asks for a process that runs programs one after another: its jobs come through this socket, each
with the first three descriptors, and it sends back the exit code of each.
"""

import atexit
import contextlib
import gc
import importlib
import json
import logging
import os
import runpy
import signal
import socket
import sys
import traceback
from typing import Any

LONGEST_JOB = 65536


def main() -> None:
    """Serves jobs until the control socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):
            _load(name)
    gc.freeze()
    control.sendall(b"!")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, LONGEST_JOB, 4)
        if not data:
            return
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if job := json.loads(data):
                _start(job, descriptors)
            else:
                _run_all(socket.socket(fileno=descriptors[0]))
            return
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(b"!")


def _load(name: str) -> None:
    """Import a module, and build a model of pydantic's, which is else done when it is first used."""
    module, _, model = name.partition(":")
    loaded = importlib.import_module(module)
    if model:
        getattr(loaded, model).model_rebuild()


def _start(job: dict[str, Any], descriptors: list[int]) -> None:
    """Run the program in a child of this process, and report how it ended."""
    *streams, report = descriptors
    child = os.fork()
    if child:
        for stream in streams:
            os.close(stream)
        os.write(report, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.close(report)
    os.setsid()
    _prepare(job, streams)
    # The last thing that happens here, so that exits and exceptions take their usual way.
    code: list[int] = []
    atexit.register(_leave, code)
    try:
        runpy.run_path(job["program"], run_name="__main__")
        code.append(0)
    except SystemExit as end:
        code.append(_exit_code(end))
        raise


def _prepare(job: dict[str, Any], streams: list[int]) -> None:
    """Take the streams, the folder, the environment and the arguments of a program."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    sys.argv[:] = [job["program"], *job["args"]]
    sys.path[0] = os.path.dirname(job["program"])  # noqa: PTH120 - what python itself puts there


def _run_all(control: socket.socket) -> None:
    """Run programs one after another until the socket closes."""
    os.setsid()
    control.sendall(f"{os.getpid()}\n".encode())
    nothing = os.open(os.devnull, os.O_RDWR)
    while True:
        data, streams, _, _ = socket.recv_fds(control, LONGEST_JOB, 3)
        if not data:
            os._exit(0)
        _prepare(json.loads(data), streams)
        code = _run(sys.argv[0])
        for number in range(3):
            os.dup2(nothing, number)  # whoever reads what the program prints is told that it has ended
        control.sendall(f"{code}\n".encode())


def _run(program: str) -> int:
    """Run a program with streams and a log as a new interpreter has them; return its exit code."""
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    before = set(sys.modules)
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("__main__").setLevel(logging.NOTSET)
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return _exit_code(end)
    except BaseException:  # noqa: BLE001 - as an interpreter does
        traceback.print_exc()
        return 1
    finally:
        _flush()
        for name in set(sys.modules) - before:  # what lies beside the program is another module for the next one
            if str(getattr(sys.modules[name], "__file__", "")).startswith(sys.path[0]):
                del sys.modules[name]
    return 0


def _exit_code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else int(end.code is not None)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()


def _leave(code: list[int]) -> None:
    """End at once: to take the interpreter apart would copy all that it shares with its parent."""
    if code:
        _flush()
        os._exit(code[0])


main()
