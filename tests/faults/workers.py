"""Inputs run in child processes that begin with everything imported, and are ended where one goes wrong."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faults.subject import Subject
from faults.verdict import CPU_SECONDS, HANG, MEMORY, MEMORY_BYTES, TRACEBACK, Verdict
from faults.watched import keep_input, run_one

# A process that takes no CPU at all for so long waits for what will not come.
_IDLE_SECONDS = 20
# Room for what is claimed and never touched; more than that is refused by the system as a MemoryError.
_ADDRESS_SPACE = 16 * 2**30


@dataclass(frozen=True)
class Folders:
    """Where inputs are made, where whole files are, and where inputs with faults are kept."""

    scratch: Path
    corpus: Path
    keep: Path | None


@dataclass
class Batch:
    """Some inputs of one subject, in one process after the other: a new one after each that went wrong."""

    subject: Subject
    numbers: Sequence[int]
    seed: int
    folders: Folders
    cpu_seconds: float = CPU_SECONDS
    idle_seconds: float = _IDLE_SECONDS
    _left: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._left = list(self.numbers)

    def verdicts(self) -> Iterator[Verdict]:
        """Yield what came of each input."""
        while self._left:
            yield from self._from_one_process()

    def _from_one_process(self) -> Iterator[Verdict]:
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            self._be_child(writing)
        os.close(writing)
        watched = _Process(pid)
        fault, code, pending = "", -1, b""
        try:
            while not fault:
                ready, _, _ = select.select([reading], [], [], 0.25)
                if not ready:
                    fault = watched.what_is_wrong(self.cpu_seconds, self.idle_seconds)
                    continue
                read = os.read(reading, 1 << 16)
                if not read:
                    code = watched.ended()
                    break
                *lines, pending = (pending + read).split(b"\n")
                for line in lines:
                    self._left.pop(0)
                    watched.next_input()
                    yield Verdict.of_json(json.loads(line))
        finally:
            os.close(reading)
            watched.kill()
        if fault or code:
            yield self._fatal(fault or TRACEBACK, code)

    def _fatal(self, fault: str, code: int) -> Verdict:
        """Return the verdict on the input at which the process was ended, or ended itself."""
        number = self._left.pop(0)
        said = self._errors.read_text(errors="replace")[-5000:] + f"\n[{fault}] the process ended with {code}"
        verdict = Verdict(self.subject.name, number, (fault,), said)
        folder = self._folder(number)
        if self.folders.keep is not None and folder.exists():
            keep_input(folder, self.folders.keep, verdict, self.seed)
        shutil.rmtree(folder, ignore_errors=True)
        return verdict

    def _be_child(self, writing: int) -> None:
        try:
            os.setpgid(0, 0)
            silent = os.open(self._errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            faulthandler.enable(open(2, "w", closefd=False))  # noqa: SIM115
            resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
            for number in self._left:
                folders = self.folders
                found = run_one(
                    self.subject, self.seed, number, self._folder(number), folders.corpus, folders.keep
                )
                os.write(writing, json.dumps(found.to_json()).encode() + b"\n")
            os._exit(0)
        except BaseException:
            import traceback

            with contextlib.suppress(OSError):
                os.write(2, traceback.format_exc().encode(errors="backslashreplace"))
            os._exit(70)

    @property
    def _errors(self) -> Path:
        return self.folders.scratch / f"{self.subject.name}-{self.numbers[0]}.errors"

    def _folder(self, number: int) -> Path:
        return self.folders.scratch / f"{self.subject.name}-{number}"


class _Process:
    """A child process, and how much of the machine its present input has taken."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._begun = self._seen = 0.0
        self._moved = time.monotonic()

    def next_input(self) -> None:
        self._begun = self._cpu()
        self._moved = time.monotonic()

    def what_is_wrong(self, cpu_seconds: float, idle_seconds: float) -> str:
        """Return the fault for which the process must be ended, or nothing."""
        used = self._cpu()
        if used > self._seen:
            self._seen, self._moved = used, time.monotonic()
        if used - self._begun > cpu_seconds or time.monotonic() - self._moved > idle_seconds:
            return HANG
        # What is a little over is counted by the process itself.
        return MEMORY if self._memory() > 1.5 * MEMORY_BYTES else ""

    def ended(self) -> int:
        """Wait for the process to end by itself, and return how it did; 0 is well."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        """End the process, if it has not, and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def _cpu(self) -> float:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        return self._seen

    def _memory(self) -> int:
        with contextlib.suppress(OSError):
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return 0


def run_all(parts: Sequence[Iterable[Verdict]], heard: Callable[[Verdict], None], workers: int = 1) -> None:
    """Go through what yields verdicts, so many parts at a time, and hand on each verdict."""
    pipes: dict[int, bytes] = {}
    for at in range(workers):
        reading, writing = os.pipe()
        if not os.fork():
            os.close(reading)
            for part in parts[at::workers]:
                for verdict in part:
                    os.write(writing, json.dumps(verdict.to_json()).encode() + b"\n")
            os._exit(0)
        os.close(writing)
        pipes[reading] = b""
    while pipes:
        for reading in select.select(list(pipes), [], [])[0]:
            read = os.read(reading, 1 << 16)
            if not read:
                del pipes[reading]
                os.close(reading)
                os.wait()
                continue
            *lines, pipes[reading] = (pipes[reading] + read).split(b"\n")
            for line in lines:
                heard(Verdict.of_json(json.loads(line)))
