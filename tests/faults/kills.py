"""Trainings and commands that are killed at random moments, and what the next run makes of what they left."""

from __future__ import annotations

import os
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
from faults.workers import run_all

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


def kill_trainings(kills: int, seed: int, keep: Path, workers: int = 1) -> list[Verdict]:
    """Kill trainings and commands so often, and return a verdict for each kill."""
    from tqdm import tqdm

    build(keep / "corpus")
    folder = keep / NAME
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found: list[Verdict] = []
    with tqdm(total=kills, unit="kill", disable=None) as progress:

        def heard(verdict: Verdict) -> None:
            found.append(verdict)
            progress.update()
            if verdict.faults:
                progress.write(f"{NAME} {verdict.number}: {verdict.said}", file=sys.stderr)

        run_all(list(_rounds(kills, seed, folder, keep / "corpus")), heard, workers)
    return found


def _rounds(kills: int, seed: int, folder: Path, corpus: Path) -> Iterator[Iterator[Verdict]]:
    """Yield what kills a training several times until it may end, or a command once."""
    of_trainings = round(kills * _TRAININGS)
    whole = folder / "never-killed"
    seconds = _finished(["train", *_TRAINING, "--log-dir", whole], whole) if of_trainings else 0.0
    for number, start in enumerate(range(0, of_trainings, _MOST_OF_ONE_TRAINING)):
        count = min(_MOST_OF_ONE_TRAINING, of_trainings - start)
        yield _killed_training(seed, number, count, folder / f"training-{number}", whole, seconds)
    for number in range(kills - of_trainings):
        yield _killed_command(seed, number, folder / f"command-{number}", corpus)


def _killed_training(
    seed: int, number: int, count: int, folder: Path, whole: Path, seconds: float
) -> Iterator[Verdict]:
    """Kill and resume a training in `folder` so often; compare its end with one that was never killed."""
    rng = randomness(seed, f"{NAME} of trainings", number)
    again = ["train", *_TRAINING, "--log-dir", folder, "--resume"]
    found: dict[str, str] = {}
    for at in range(count):
        after, faults = _kill(again, lambda: rng.uniform(0.02, 1.0) * seconds, folder)
        if at == count - 1:
            faults |= _end(again, folder)
            faults |= {LOST: lost} if (lost := what_is_lost(whole, folder)) else {}
        found |= faults
        said = f"{folder} killed after {after:.2f} s: {faults}"
        yield Verdict(NAME, number * _MOST_OF_ONE_TRAINING + at, tuple(faults), said)
    if not found:
        shutil.rmtree(folder)


def _killed_command(seed: int, number: int, folder: Path, corpus: Path) -> Iterator[Verdict]:
    """Kill a command that writes into `folder`, and run it again."""
    rng = randomness(seed, f"{NAME} of commands", number)
    chosen = rng.choice(_COMMANDS)
    names = {
        "MODEL": corpus / "model.keras",
        "PICTURES": corpus / "pictures",
        "CLASSES": corpus / "classes",
        "LOG": corpus / "log",
    }
    words = [str(names.get(word, word.replace("OUT", str(folder)))) for word in chosen.split()]
    seconds = _finished(words, folder)
    shutil.rmtree(folder)
    after, faults = _kill(words, lambda: rng.uniform(0.02, 1.0) * seconds, folder)
    faults |= _end(words, folder)
    yield Verdict(NAME, number, tuple(faults), f"{folder}: {chosen} killed after {after:.2f} s: {faults}")
    if not faults:
        shutil.rmtree(folder)


def _end(words: Sequence[object], folder: Path) -> dict[str, str]:
    """Run to the end, and return the faults of what stands there then."""
    code = _ended(_started(words, folder))
    faults = {} if code == 0 else {HANG if code is None else TRACEBACK: _said(folder)}
    left = [str(path) for path in folder.rglob("*") if TEMPORARY_PREFIX in path.name]
    return faults | ({TEMPORARY: str(left)} if left else {}) | _broken(folder)


def _finished(words: Sequence[object], folder: Path) -> float:
    """Run a command that is not killed, and return the seconds it takes."""
    started = time.monotonic()
    if _ended(_started(words, folder)) != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {_said(folder)}")
    return time.monotonic() - started


def _kill(words: Sequence[object], after: Callable[[], float], folder: Path) -> tuple[float, dict[str, str]]:
    """Start the command and kill it after some seconds, anew where it ends well before.

    Return the seconds, and the faults of what it left.
    """
    while True:
        seconds = after()
        pid = _started(words, folder)
        time.sleep(seconds)
        os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            return seconds, _broken(folder)
        if status:
            return seconds, {TRACEBACK: _said(folder)}


def _started(words: Sequence[object], folder: Path) -> int:
    """Return the process that runs `kerasviz WORDS`, forked from this; what it says lies beside `folder`."""
    pid = os.fork()
    if pid:
        # By both, whoever comes first.
        os.setpgid(pid, pid)
        return pid
    code = 70
    try:
        os.setpgid(0, 0)
        errors = os.open(_errors(folder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
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


def _errors(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.said")


def _said(folder: Path) -> str:
    return _errors(folder).read_text(errors="replace")[-1500:]


def _broken(folder: Path) -> dict[str, str]:
    """Return what is half-written; what is still hidden in a folder of its own is not finished."""
    files = [path for path in folder.rglob("*") if not any(TEMPORARY_PREFIX in part for part in path.parts)]
    reasons = [reason for path in files if "tfevents" not in path.name and (reason := what_is_broken(path))]
    return {HALF_WRITTEN: str(reasons)} if reasons else {}
