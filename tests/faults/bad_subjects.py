"""Inputs that each go wrong in one way, to see that the campaign notices: `python -m faults.bad_subjects`."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from faults.subject import Place, Run, Subject
from faults.verdict import HALF_WRITTEN, HANG, LINES, LOST, MEMORY, OUTSIDE, TEMPORARY, TRACEBACK
from faults.workers import Batch, Folders


def _raises(place: Place) -> None:
    raise ValueError("of no use to a person")


def _is_killed(place: Place) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _computes(place: Place) -> None:
    while True:
        pass


def _waits(place: Place) -> None:
    time.sleep(100)


def _fills_memory(place: Place) -> None:
    b"1" * (2**31 + 2**26)


def _claims_memory(place: Place) -> None:
    bytearray(2**50)


def _writes_half(place: Place) -> None:
    (place.out / "a.json").write_text('{"a": ')


def _writes_beside(place: Place) -> None:
    (place.out / ".." / "beside" / "new.txt").write_text("")


def _writes_elsewhere(place: Place) -> None:
    with tempfile.NamedTemporaryFile(dir=place.corpus.parent):
        pass


def _starts_a_program(place: Place) -> None:
    subprocess.run(["true"], check=True)


def _changes_its_input(place: Place) -> None:
    (place.inputs / "input").write_text("changed")


def _removes_what_was_there(place: Place) -> None:
    (place.out / "earlier.txt").unlink()


def _leaves_temporary_files(place: Place) -> None:
    (place.out / ".kerasviz-tmp-0").mkdir()


def _says_several_lines(place: Place) -> None:
    from kerasviz.errors import InputError

    raise InputError("one\ntwo")


def _refuses(place: Place) -> None:
    from kerasviz.errors import InputError

    raise InputError("It is 1; pass 2.")


def _writes_whole(place: Place) -> None:
    (place.out / "a.json").write_text("{}")


WRONG: dict[Callable[[Place], None], str] = {
    _raises: TRACEBACK,
    _is_killed: TRACEBACK,
    _computes: HANG,
    _waits: HANG,
    _fills_memory: MEMORY,
    _claims_memory: MEMORY,
    _writes_half: HALF_WRITTEN,
    _writes_beside: OUTSIDE,
    _writes_elsewhere: OUTSIDE,
    _starts_a_program: OUTSIDE,
    _changes_its_input: LOST,
    _removes_what_was_there: LOST,
    _leaves_temporary_files: TEMPORARY,
    _says_several_lines: LINES,
    _refuses: "",
    _writes_whole: "",
}

# Those that would go on for ever are waited for less long than in a campaign.
SOONER: dict[Callable[[Place], None], dict[str, float]] = {
    _computes: {"cpu_seconds": 3},
    _waits: {"idle_seconds": 2},
}


def subject(does: Callable[[Place], None]) -> Subject:
    def make(rng: random.Random, place: Place) -> Run:
        (place.inputs / "input").write_text(f"{rng.random()}")
        return lambda: does(place)

    return Subject(does.__name__.strip("_"), 1, make)


def main() -> None:
    """Print as JSON the faults of two inputs of each, and how many inputs were kept."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        base = Path(name).resolve()
        folders = Folders(base / "scratch", base / "corpus", base / "kept")
        for path in (folders.scratch, folders.corpus):
            path.mkdir()
        for does in WRONG:
            batch = Batch(subject(does), [0, 1], 0, folders, **SOONER.get(does, {}))
            kept = base / "kept"
            verdicts = list(batch.verdicts())
            inputs = [path.read_text() for path in sorted(kept.glob(f"{batch.subject.name}-*/in/input"))]
            found[batch.subject.name] = [[list(one.faults) for one in verdicts], inputs]
        left = [path.name for path in folders.scratch.iterdir() if path.is_dir()]
    print(json.dumps([found, left]), file=sys.stdout)


if __name__ == "__main__":
    main()
