"""Watch a running program: read its output, sample the process list, interrupt it."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from support.serving import command_lines

TICK = 0.1  # seconds between two looks at the running program
BETWEEN_SAMPLES = 0.5  # reading the whole process list is not free


@dataclass(frozen=True)
class RunOptions:
    """What happens to a program while it runs.

    `interrupt`: SIGINT follows when this is set, and with `after_text` when something was
    printed, too. `lines`: stdout is closed after so many.
    `home`: files in its home folder, `files`: files beside the program. `warm`: Python libraries may be loaded already.
    `shared`: a program of Python or JavaScript may run in a process in which others have run. `silent`: it prints nothing.
    """

    args: Sequence[str] = ()
    stdin: bytes = b""
    timeout: float = 60
    home: Mapping[str, str] | None = None
    files: Mapping[str, str] | None = None
    interrupt: Event | None = None
    after_text: bool = False
    lines: int | None = None
    warm: bool = False
    shared: bool = False
    silent: bool = False


class Process(Protocol):
    """What is needed of a running program."""

    pid: int

    def wait(self, timeout: float) -> int:
        """The exit code, negative for a signal; TimeoutExpired when it still runs."""


class Watch:
    """Reads what a program prints, samples the process list, and interrupts or kills it."""

    def __init__(self, process: Process, read: int, started: float, options: RunOptions) -> None:
        self.process, self.options, self._read = process, options, read
        self.output = bytearray()
        self.first: float | None = None
        self.processes: frozenset[bytes] = frozenset()
        self._deadline, self._next_sample = started + options.timeout, started + BETWEEN_SAMPLES
        self._interrupt = options.interrupt

    def follow(self) -> None:
        """Returns when the program's stdout is at its end, or closed as the options wants it."""
        try:
            while self._look() and not self._enough():
                pass
        finally:
            os.close(self._read)

    def _look(self) -> bool:
        now = time.monotonic()
        if now >= self._deadline:
            with contextlib.suppress(ProcessLookupError):  # it may just have ended
                os.killpg(self.process.pid, signal.SIGKILL)
            return False
        if now >= self._next_sample:
            self.processes |= command_lines()
            self._next_sample = now + BETWEEN_SAMPLES
        self._perhaps_interrupt()
        if not select.select([self._read], [], [], TICK)[0]:
            return True
        piece = os.read(self._read, 65536)
        if piece and self.first is None:
            self.first = time.monotonic()
        self.output += piece
        return bool(piece)

    def _perhaps_interrupt(self) -> None:
        if self._interrupt is None or not self._interrupt.is_set():
            return
        if self.first is not None or not self.options.after_text:
            self._interrupt = None
            time.sleep(TICK)
            os.killpg(self.process.pid, signal.SIGINT)

    def _enough(self) -> bool:
        return self.options.lines is not None and self.output.count(b"\n") >= self.options.lines
