"""The whole campaign: so many inputs of every kind, and so many kills."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from faults.corpus import build
from faults.subject import Subject
from faults.verdict import Verdict
from faults.workers import Batch, Folders, run_all


def shares(subjects: Sequence[Subject], inputs: int) -> dict[Subject, int]:
    """Return how many inputs each subject gets; every one gets some, as long as there are enough."""
    whole = sum(subject.share for subject in subjects)
    found = {subject: max(1, inputs * subject.share // whole) for subject in subjects}
    first = subjects[0]
    found[first] = max(0, found[first] + inputs - sum(found.values()))
    return found


def batches(subjects: Sequence[Subject], inputs: int, seed: int, folders: Folders) -> Iterator[Batch]:
    """Yield all inputs, those that one process takes together."""
    for subject, count in shares(subjects, inputs).items():
        for start in range(0, count, subject.together):
            numbers = range(start, min(start + subject.together, count))
            yield Batch(subject, numbers, seed, folders)


def campaign(
    subjects: Sequence[Subject], inputs: int, seed: int, keep: Path, workers: int = 1
) -> list[Verdict]:
    """Try the inputs, and return the verdicts; those with a fault are kept, and said as they are found."""
    from tqdm import tqdm

    shutil.rmtree(keep, ignore_errors=True)
    build(keep / "corpus")
    found: list[Verdict] = []
    with (
        tempfile.TemporaryDirectory(prefix="kerasviz-faults-") as scratch,
        tqdm(total=inputs, unit="input", disable=None) as progress,
    ):

        def heard(verdict: Verdict) -> None:
            found.append(verdict)
            progress.update()
            if verdict.faults:
                say = f"{verdict.subject} {verdict.number}: {', '.join(verdict.faults)}"
                progress.write(say, file=sys.stderr)

        folders = Folders(Path(scratch).resolve(), keep / "corpus", keep)
        parts = [batch.verdicts() for batch in batches(subjects, inputs, seed, folders)]
        run_all(parts, heard, workers)
    return sorted(found, key=lambda verdict: [one.name for one in subjects].index(verdict.subject))


def replay(subject: Subject, number: int, seed: int, keep: Path) -> Verdict:
    """Try one input again, made of the same whole files if they are still there."""
    build(keep / "corpus")
    with tempfile.TemporaryDirectory(prefix="kerasviz-faults-") as scratch:
        folders = Folders(Path(scratch).resolve(), keep / "corpus", None)
        (verdict,) = Batch(subject, [number], seed, folders).verdicts()
    return verdict
