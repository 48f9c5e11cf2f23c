"""The folder of a run, damaged, and a training that goes on with it or takes its place."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

from faults.corpus import TRAINING
from faults.damage import damaged
from faults.odd_values import altered
from faults.subject import Place, Run, Subject, command


def _make(rng: random.Random, place: Place) -> Run:
    log_dir = place.out / "run"
    shutil.copytree(place.corpus / "run", log_dir)
    files = sorted(path for path in log_dir.rglob("*") if path.is_file())
    # Those that a training reads are most of them.
    states = [path for path in files if path.suffix in (".json", ".npz", ".keras") or "tfevents" in path.name]
    path = rng.choice(states if rng.random() < 0.9 else files)
    rng.choice((_damage, _damage, _alter, _replace))(rng, path)
    again = "--overwrite" if rng.random() < 0.1 else "--resume"
    run = command("train", *TRAINING, "--epochs", "2", "--log-dir", log_dir, again)

    def judged() -> int:
        status: int = run()
        if status == 2:
            # What was damaged before cannot be whole afterwards, and is not the run's fault.
            shutil.rmtree(log_dir)
        return status

    return judged


def _damage(rng: random.Random, path: Path) -> None:
    path.write_bytes(damaged(rng, path.read_bytes()))


def _alter(rng: random.Random, path: Path) -> None:
    if path.suffix == ".json":
        path.write_text(json.dumps(altered(rng, json.loads(path.read_text()))))
    else:
        _damage(rng, path)


def _replace(rng: random.Random, path: Path) -> None:
    path.unlink()
    what = rng.randrange(4)
    if what == 0:
        path.mkdir()
    elif what == 1:
        path.symlink_to("missing")
    elif what == 2:
        os.mkfifo(path)


SUBJECT = Subject("run-states", 12, _make, together=20)
