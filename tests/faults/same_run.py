"""Whether two runs of one training hold the same: weights, numbers and frames."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np

from kerasviz.events import open_log


def what_is_lost(whole: Path, other: Path) -> str:
    """Return what the second run lacks, or has otherwise than the first; nothing where they are the same."""
    missing = sorted(_names(whole) - _names(other))
    if missing:
        return f"there is no {', '.join(missing)}"
    for name in ("last.keras", "best.keras"):
        if different := _different_weights(whole / name, other / name):
            return f"{name}: {different}"
    return _different_log(whole, other)


def _names(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and "tfevents" not in path.name)
    return {path.relative_to(folder).as_posix() for path in files}


def _different_weights(whole: Path, other: Path) -> str:
    wanted, found = _weights(whole), _weights(other)
    if wanted.keys() != found.keys():
        return f"other weights: {sorted(wanted.keys() ^ found.keys())}"
    different = [name for name in wanted if not np.array_equal(wanted[name], found[name])]
    return f"not the same: {', '.join(different)}" if different else ""


def _weights(path: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}

    def note(name: str, part: object) -> None:
        # The optimizer's among them; how far random generators are is set anew when a run goes on.
        if isinstance(part, h5py.Dataset) and "seed_generator" not in name:
            found[name] = part[()]

    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(note)
    return found


def _different_log(whole: Path, other: Path) -> str:
    wanted, found = open_log(whole), open_log(other)
    known = {(info.run, info.tag) for info in found.tags()}
    for info in wanted.tags():
        name = f"{info.tag} of {info.run}"
        if (info.run, info.tag) not in known:
            return f"there is no {name}"
        if info.kind == "scalar":
            both = [dict(log.scalars(info.tag, info.run)) for log in (wanted, found)]
            same = both[0].keys() == both[1].keys() and all(
                np.array_equal(value, both[1][step], equal_nan=True) for step, value in both[0].items()
            )
            if not same:
                return f"{name}: {both[0]} became {both[1]}"
        elif info.kind == "image":
            frames = [
                {one.step: one.image for one in log.frames(info.tag, info.run)} for log in (wanted, found)
            ]
            if frames[0].keys() != frames[1].keys():
                return f"{name}: frames {sorted(frames[0])} became {sorted(frames[1])}"
        else:
            (one,) = (one for one in found.tags() if (one.run, one.tag) == (info.run, info.tag))
            # Each session notes its settings anew.
            if one.count < info.count or one.first_step > info.first_step or one.last_step < info.last_step:
                return f"{name}: {info} became {one}"
    return ""
