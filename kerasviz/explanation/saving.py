"""An explanation in a folder: its maps, its pictures, and a manifest of what they are."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasviz.atomic import atomic_path, save_array
from kerasviz.errors import KerasvizError
from kerasviz.images import write_png

if TYPE_CHECKING:
    from kerasviz.explanation.result import Explanation


def save(explanation: Explanation, folder: Path, input_range: Sequence[float] | None) -> Path:
    """Write an explanation into a folder; see `Explanation.save`."""
    reason, drawn = None, np.empty(0)
    try:
        drawn = explanation.overlay(input_range=input_range)
    except KerasvizError as error:
        reason = str(error)
        warnings.warn(f"{folder} has no overlays: {reason}", stacklevel=3)
    save_array(folder / "maps.npy", explanation.maps)
    names = [f"overlay-{at:04}.png" for at in range(len(drawn))]
    for name, picture in zip(names, drawn, strict=True):
        write_png(folder / name, picture)
    files = {"maps": "maps.npy", "outputs": _save_outputs(explanation.outputs, folder), "overlays": names}
    manifest = _manifest(explanation) | files | {"no_overlays_because": reason}
    with atomic_path(folder / "manifest.json") as temporary:
        temporary.write_text(json.dumps(manifest, indent=2) + "\n")
    return folder


def _save_outputs(outputs: Any, folder: Path) -> str:
    """Write what the model returned, one array or by their names several, and return the file's name."""
    if hasattr(outputs, "shape"):
        save_array(folder / "outputs.npy", np.asarray(outputs))
        return "outputs.npy"
    arrays: dict[str, Any] = {
        "/".join(map(str, path)): np.asarray(values) for path, values in keras.tree.flatten_with_path(outputs)
    }
    with atomic_path(folder / "outputs.npz") as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
    return "outputs.npz"


def _manifest(explanation: Explanation) -> dict[str, Any]:
    declared = explanation.declaration
    smoothing = explanation.smoothing
    nothing = explanation.without_evidence
    return {
        "title": explanation.title,
        "method": explanation.method,
        "paper": declared.paper,
        "equation": declared.equation,
        "options": {name: _plain(value) for name, value in explanation.options.items()},
        "smoothing": None if smoothing is None else dataclasses.asdict(smoothing),
        "layer": explanation.layer,
        "shape": list(explanation.maps.shape),
        "score_kind": explanation.score_kind,
        "error_kind": explanation.error_kind,
        "pictures": [
            {
                "class": int(explanation.classes[at]),
                "label": label,
                "score": _plain(explanation.scores[at]),
                "error": None if explanation.error is None else _plain(explanation.error[at]),
                "lowest": _plain(explanation.maps[at].min()),
                "highest": _plain(explanation.maps[at].max()),
                "evidence": not nothing[at],
            }
            for at, label in enumerate(explanation.labels)
        ],
        "versions": dict(explanation.versions),
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: numbers and short arrays themselves, infinities and NaN in words."""
    if isinstance(value, np.ndarray) and value.ndim:
        return value.tolist() if value.size <= 16 else f"an array of the shape {value.shape}"
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.item()
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value
