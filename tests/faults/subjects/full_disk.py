"""Every command that writes, where files may not grow, or on a disk of 64 KB."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

from faults.corpus import TRAINING
from faults.subject import Place, Run, Subject, command

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_COMMANDS = (
    "filters MODEL --layer conv --out OUT",
    "features MODEL PICTURES --layer conv --out OUT",
    "explain MODEL PICTURES --method grad_cam,saliency --raw --plain --out OUT",
    "occlude MODEL PICTURES --patch 8 --stride 8 --out OUT",
    "maximize MODEL --layer conv --steps 2 --out OUT/sheet.png --animation OUT/search.gif --log-dir OUT/log",
    "embed MODEL --data CLASSES --layer conv --out OUT",
    "evaluate MODEL --data CLASSES --method grad_cam --measure deletion --steps 2 --out OUT",
    "sanity MODEL PICTURES --stages 1 --out OUT",
    "report MODEL --data CLASSES --out OUT/report.html",
    "gif LOG --all --out OUT --format FORMAT",
    f"train {' '.join(TRAINING)} --epochs 1 --log-dir OUT",
)


def _make(rng: random.Random, place: Place) -> Run:
    names = {
        "MODEL": place.corpus / "model.keras",
        "PICTURES": place.corpus / "pictures",
        "CLASSES": place.corpus / "classes",
        "LOG": place.corpus / "log",
        "FORMAT": rng.choice(("gif", "png", "webp", "mp4")),
    }
    out = place.out / "made"
    chosen = rng.choices(_COMMANDS, [*[4] * 8, 1, 8, 1])[0]
    words = [str(names.get(word, word.replace("OUT", str(out)))) for word in chosen.split()]
    run = command(*words)
    if rng.random() < 0.3:
        return lambda: _on_a_tiny_disk(out, run)
    limit = rng.choice((0, 1, 100, 1000, 5000, 20_000, 100_000))
    return lambda: _with_small_files(limit, run)


def _with_small_files(limit: int, run: Run) -> int:
    """Run where no file may have more bytes than that."""
    if resource is None:
        return 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        status: int = run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    return status


def _on_a_tiny_disk(folder: Path, run: Run) -> int:
    """Run where `folder` is a disk of 64 KB; where none can be mounted, with a limit of that size."""
    folder.mkdir()
    mounted = shutil.which("mount") and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if not mounted:
        return _with_small_files(2**16, run)
    kept = folder.with_name("kept")
    try:
        status: int = run()
        # To be judged after the disk has gone.
        shutil.copytree(folder, kept)
    finally:
        subprocess.call(["umount", "--lazy", str(folder)])
    return status


SUBJECT = Subject("full-disk", 18, _make, together=20)
