"""Trainings and commands that are killed at random moments, and what the next run makes of what they left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from faults.corpus import build
from faults.same_run import what_is_lost
from faults.subject import randomness
from faults.verdict import HALF_WRITTEN, HANG, LOST, TEMPORARY, TRACEBACK, Verdict
from faults.whole_files import TEMPORARY_PREFIX, what_is_broken

NAME = "kills"
_TRAINING = [
    *("shapes", "--pictures", "24", "--image-size", "16", "--batch-size", "8", "--epochs", "3"),
    *("--every", "1", "--log-every", "1", "--learning-rate", "0.001"),
]
# So often is a training killed until it may end.
_MOST_OF_ONE_TRAINING = 5
_TRAININGS = 0.7
_DEADLINE_SECONDS = 240.0
_COMMANDS = (
    "gif LOG --all --out OUT/films --format gif",
    "gif LOG --all --out OUT/films --format webp",
    "explain MODEL PICTURES --method grad_cam,saliency --plain --raw --out OUT/maps",
    "filters MODEL --layer conv --out OUT/filters",
    "embed MODEL --data CLASSES --layer conv --out OUT/embedding",
)


def kill_trainings(kills: int, seed: int, keep: Path) -> list[Verdict]:
    """Kill trainings and commands so often, and return a verdict for each kill."""
    from tqdm import tqdm

    build(keep / "corpus")
    folder = keep / NAME
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    of_trainings = round(kills * _TRAININGS)
    found: list[Verdict] = []
    with tqdm(total=kills, unit="kill", disable=None) as progress:
        rounds = [
            *_rounds(of_trainings, _MOST_OF_ONE_TRAINING, _Training(folder)),
            *_rounds(kills - of_trainings, 1, _Command(folder, keep / "corpus")),
        ]
        for number, (count, kind) in enumerate(rounds):
            for faults, said in kind.killed(randomness(seed, NAME, number), count, folder / f"{number}"):
                found.append(Verdict(NAME, number, tuple(faults), f"{said} {faults}"))
                progress.update()
                if faults:
                    progress.write(f"kill in {folder / str(number)}: {said}: {faults}", file=sys.stderr)
    return found


def _rounds(kills: int, most: int, kind: _Training | _Command) -> Iterator[tuple[int, _Training | _Command]]:
    while kills > 0:
        yield min(most, kills), kind
        kills -= most


class _Training:
    """A training that is killed and resumed until it ends, and then compared with one that never was."""

    def __init__(self, folder: Path) -> None:
        self._whole = folder / "never-killed"
        self._seconds = 0.0

    def killed(self, rng: random.Random, count: int, folder: Path) -> Iterator[tuple[dict[str, str], str]]:
        """Kill a training in `folder` so often; yield the faults after each kill, and how it was done."""
        if not self._seconds:
            self._seconds = _finished(["train", *_TRAINING, "--log-dir", self._whole], self._whole.parent)
        again = ["train", *_TRAINING, "--log-dir", folder, "--resume"]
        for left in range(count, 0, -1):
            after = _kill(again, folder.parent, lambda: rng.uniform(0.02, 1.0) * self._seconds, folder)
            faults = _broken(folder)
            if left == 1:
                faults |= _end(again, folder)
                faults |= {LOST: lost} if (lost := what_is_lost(self._whole, folder)) else {}
            yield faults, f"killed after {after:.2f} s"
        if not faults:
            shutil.rmtree(folder)


class _Command:
    """A command that is killed and run again."""

    def __init__(self, folder: Path, corpus: Path) -> None:
        self._seconds: dict[str, float] = {}
        self._names = {
            "MODEL": corpus / "model.keras",
            "PICTURES": corpus / "pictures",
            "CLASSES": corpus / "classes",
            "LOG": corpus / "log",
        }

    def killed(self, rng: random.Random, count: int, folder: Path) -> Iterator[tuple[dict[str, str], str]]:
        """Kill a command that writes into `folder`; yield the faults, and how it was done."""
        chosen = rng.choice(_COMMANDS)
        words = [str(self._names.get(word, word.replace("OUT", str(folder)))) for word in chosen.split()]
        if chosen not in self._seconds:
            self._seconds[chosen] = _finished(words, folder.parent)
            shutil.rmtree(folder)
        after = _kill(words, folder.parent, lambda: rng.uniform(0.02, 1.0) * self._seconds[chosen], folder)
        faults = _broken(folder)
        faults |= _end(words, folder)
        yield faults, f"{chosen.split()[0]} killed after {after:.2f} s"
        if not faults:
            shutil.rmtree(folder)


def _end(words: Sequence[object], folder: Path) -> dict[str, str]:
    """Run to the end, and return the faults of what stands there then."""
    pid = _started(words, folder.parent)
    code = _ended(pid)
    faults = {} if code == 0 else {HANG if code is None else TRACEBACK: _said(folder.parent)}
    left = [str(path) for path in folder.rglob("*") if TEMPORARY_PREFIX in path.name]
    return faults | ({TEMPORARY: str(left)} if left else {}) | _broken(folder)


def _finished(words: Sequence[object], folder: Path) -> float:
    """Run a command that is not killed, and return the seconds it takes."""
    started = time.monotonic()
    if _ended(_started(words, folder)) != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {_said(folder)}")
    return time.monotonic() - started


def _kill(words: Sequence[object], scratch: Path, after: Callable[[], float], folder: Path) -> float:
    """Start the command and kill it after some seconds, anew where it ends before; return the seconds."""
    while True:
        seconds = after()
        pid = _started(words, scratch)
        time.sleep(seconds)
        os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            return seconds
        shutil.rmtree(folder, ignore_errors=True)


def _started(words: Sequence[object], scratch: Path) -> int:
    """Return the process that runs `kerasviz WORDS`, forked from this one."""
    pid = os.fork()
    if pid:
        # By both, whoever comes first.
        os.setpgid(pid, pid)
        return pid
    code = 70
    try:
        os.setpgid(0, 0)
        errors = os.open(scratch / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(errors, 1)
        os.dup2(errors, 2)
        from kerasviz.cli import main

        code = main([str(word) for word in words])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(pid: int) -> int | None:
    """Return the exit status of the process, None where it must be ended."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _said(scratch: Path) -> str:
    return (scratch / "said").read_text(errors="replace")[-1500:]


def _broken(folder: Path) -> dict[str, str]:
    """Return what is half-written; what is still hidden in a folder of its own is not finished."""
    files = [path for path in folder.rglob("*") if not any(TEMPORARY_PREFIX in part for part in path.parts)]
    reasons = [reason for path in files if "tfevents" not in path.name and (reason := what_is_broken(path))]
    return {HALF_WRITTEN: str(reasons)} if reasons else {}
