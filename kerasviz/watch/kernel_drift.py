"""The source that measures how far kernels have moved."""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasviz.atomic import atomic_path
from kerasviz.errors import OutputError
from kerasviz.probe import Kernel
from kerasviz.watch.asked_layers import Asked, kernels_of
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.tags import tag_of

logger = logging.getLogger(__name__)

INITIAL_KERNELS = "initial_kernels.npz"


def drift(layer: Asked = "*") -> Source:
    """Watch how far kernels have moved from where they began: scalars `drift/LAYER`.

        drift = ||W_t - W_0|| / ||W_0||

    with `W_t` the kernel at step t and the Euclidean norm over all its weights. The initial kernels are kept
    in `initial_kernels.npz` beside the log, so that a resumed run measures from the same start.

    Args:
        layer: name, path, pattern, index or layer object, or a list of these; by default every layer with a
            kernel.

    >>> import kerasviz as kv
    >>> source = kv.watch.drift("conv*")
    """
    return _Drift(layer)


@dataclass(frozen=True)
class _Drift(Source):
    layer: Asked

    def bind(self, run: Run) -> list[Watch]:
        kernels = kernels_of(run.model, self.layer)
        return [_DriftWatch(kernels, _initial(kernels, run))]


def _initial(kernels: dict[str, Kernel], run: Run) -> dict[str, np.ndarray]:
    """Return the kernels that the run began with; kept in a file, for when it is resumed."""
    file = run.directory / INITIAL_KERNELS
    kept = _read(file, run.start_step) if run.start_step > 0 else {}
    initial = {
        name: kept[name] if name in kept and kept[name].shape == view.value.shape else view.copy()
        for name, view in kernels.items()
    }
    together: dict[str, Any] = {**kept, **initial}
    try:
        with atomic_path(file, durable=True) as temporary:
            # Without `allow_pickle=False`, which NumPy before 2.1 takes for an array of that name.
            np.savez(temporary, **together)
    except OutputError as error:
        logger.warning("%s Training goes on, but when it is resumed, drift starts from 0 again.", error)
    return initial


def _read(file: Path, step: int) -> dict[str, np.ndarray]:
    """Return the kernels in the file, as far as they can be read; say where they cannot."""
    kept: dict[str, np.ndarray] = {}
    try:
        if not file.exists():
            return kept
        if not file.is_file():
            raise OSError(errno.EISDIR, "no file")
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            for name in stored.files:
                kept[name] = stored[name]
        lost = [name for name, kernel in kept.items() if not _is_kernel(kernel)]
    except Exception:  # what a damaged archive raises is not said anywhere
        logger.warning("%s cannot be read: from step %d on, drift starts from 0 again.", file, step)
        return {}
    if lost:
        logger.warning(
            "%s holds no finite numbers for %s: from step %d on, drift starts from 0 again there.",
            file,
            ", ".join(lost),
            step,
        )
    return {name: kernel for name, kernel in kept.items() if name not in lost}


def _is_kernel(kernel: np.ndarray) -> bool:
    return kernel.dtype.kind in "fiu" and bool(np.isfinite(kernel).all())


class _DriftWatch(Watch):
    def __init__(self, kernels: dict[str, Kernel], initial: dict[str, np.ndarray]) -> None:
        self._kernels = kernels
        self._initial = {name: keras.ops.convert_to_tensor(value) for name, value in initial.items()}
        self._norms = {name: max(float(np.linalg.norm(value)), 1e-12) for name, value in initial.items()}

    @property
    def tags(self) -> list[str]:
        return [tag_of("drift", name) for name in self._kernels]

    def collect(self) -> dict[str, float]:
        distances = {}
        for name, kernel in self._kernels.items():
            moved = keras.ops.cast(kernel.value, "float32") - self._initial[name]
            distance = keras.ops.sqrt(keras.ops.sum(keras.ops.square(moved)))
            distances[name] = float(keras.ops.convert_to_numpy(distance)) / self._norms[name]
        return distances

    def write(self, collected: dict[str, float], step: int, output: Output) -> None:
        for name, value in collected.items():
            output.log.scalar(tag_of("drift", name), step, value)
