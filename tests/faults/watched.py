"""One input, run and judged inside this process."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import time
import traceback
from pathlib import Path

from faults.sandbox import Sandbox
from faults.subject import Run, Subject, randomness
from faults.verdict import CPU_SECONDS, HANG, LINES, MEMORY, MEMORY_BYTES, TRACEBACK, Verdict


def run_one(
    subject: Subject, seed: int, number: int, folder: Path, corpus: Path, keep: Path | None
) -> Verdict:
    """Make an input, use it, and say what came of it; what has a fault is copied below `keep`."""
    sandbox = Sandbox(folder, corpus)
    run = subject.make(randomness(seed, subject.name, number), sandbox.place)
    sandbox.begin()
    _forget_peak()
    started = time.process_time()
    faults, said, refused = _used(run)
    if time.process_time() - started > CPU_SECONDS:
        faults[HANG] = f"{time.process_time() - started:.0f} s of CPU"
    if (peak := _peak()) > MEMORY_BYTES:
        faults[MEMORY] = f"{peak / 2**30:.1f} GB"
    faults |= sandbox.faults()
    said += "".join(f"\n[{fault}] {reason}" for fault, reason in faults.items())
    verdict = Verdict(subject.name, number, tuple(faults), said[-20_000:], refused)
    if faults and keep is not None:
        keep_input(folder, keep, verdict, seed)
    sandbox.remove()
    return verdict


def keep_input(folder: Path, keep: Path, verdict: Verdict, seed: int) -> None:
    """Copy an input with a fault, what was said, and the command that tries it again."""
    target = keep / f"{verdict.subject}-{verdict.number}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, symlinks=True, ignore=_no_plain_files)
    replay = f"scripts/faults --seed {seed} --replay {verdict.subject} {verdict.number}"
    (target / "said.txt").write_text(f"{replay}\n\n{verdict.said}\n", errors="backslashreplace")


def _used(run: Run) -> tuple[dict[str, str], str, bool]:
    """Return the faults, what was said, and whether the input was refused."""
    from kerasviz.errors import KerasvizError

    faults: dict[str, str] = {}
    refused = False
    said = io.StringIO()
    errors = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
            status = run()
        if type(status) is not int:
            status = 0
        if status == 2:
            refused = True
            last = (errors.getvalue().splitlines() or [""])[-1]
            # A line break that was given may be said again, spelled out; one that a library made may not.
            if not last.startswith("kerasviz") or (r"\n" in last and r"\n" not in said.getvalue()):
                faults[LINES] = f"the last line is {last!r}"
        elif status:
            faults[TRACEBACK] = f"exit status {status}"
    except SystemExit as error:
        refused = error.code == 2
        if error.code not in (0, 2, None):
            faults[TRACEBACK] = f"exit status {error.code}"
    except KerasvizError as error:
        refused = True
        print(f"{type(error).__name__}: {error}", file=errors)
        if "\n" in str(error).strip():
            faults[LINES] = "a message of several lines"
    except MemoryError:
        faults[MEMORY] = traceback.format_exc()
    except BaseException as error:
        kind = MEMORY if "OOM when allocating" in str(error) else TRACEBACK
        faults[kind] = traceback.format_exc()
    text = said.getvalue()[-5000:] + errors.getvalue()[-5000:]
    if "Traceback (most recent call last)" in text and not faults:
        faults[TRACEBACK] = "printed"
    return faults, text, refused


def _forget_peak() -> None:
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _peak() -> int:
    """Return the largest memory of this process since `_forget_peak`, in bytes; 0 where nobody says it."""
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _no_plain_files(folder: str, names: list[str]) -> list[str]:
    """Return what cannot be copied: pipes, which nobody writes into."""
    paths = {name: os.path.join(folder, name) for name in names}
    return [name for name, path in paths.items() if os.path.exists(path) and not _is_plain(path)]


def _is_plain(path: str) -> bool:
    return os.path.isfile(path) or os.path.isdir(path)


def show(verdict: Verdict) -> None:
    """Print a verdict for a person."""
    text = f"{verdict.subject} {verdict.number}: {', '.join(verdict.faults) or 'no fault'}\n{verdict.said}"
    print(text.encode(errors="backslashreplace").decode(), file=sys.stdout)
