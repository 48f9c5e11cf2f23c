"""The sources that count: how far kernels have moved, and how many filters are silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.atomic import atomic_path
from kerasviz.errors import UnsupportedModelError
from kerasviz.probe import Kernel, Probe, has_kernel, layer_kernels, resolve
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.sources import Picture, model_picture

INITIAL_KERNELS = "initial_kernels.npz"


def drift(layer: Any = "*") -> Source:
    """Watch how far kernels have moved from where they began: scalars `drift/LAYER`.

        drift = ||W_t - W_0|| / ||W_0||

    with `W_t` the kernel at step t and the Euclidean norm over all its weights. The initial kernels are kept
    in `initial_kernels.npz` beside the log, so that a resumed run measures from the same start.

    Args:
        layer: name, path, pattern, index or layer object; by default every layer with a kernel.
    """
    return _Drift(layer)


def dead_filters(images: Sequence[Picture] | np.ndarray, layer: Any = None) -> Source:
    """Watch the share of filters that are silent on every one of `images`: scalars `dead_filters/LAYER`.

    A filter is silent when its output is 0 or less at every position; a ReLU then passes nothing on.

    Args:
        images: files, or arrays `(h, w, c)` as the model takes them; some dozens tell enough.
        layer: name, path, pattern, index or layer object; by default every convolution.
    """
    return _DeadFilters(images, layer)


@dataclass(frozen=True)
class _Drift(Source):
    layer: Any

    def bind(self, run: Run) -> list[Watch]:
        kernels = {
            found.path if view.name == "kernel" else f"{found.path}/{view.name}": view
            for found in resolve(run.model, self.layer)
            if has_kernel(found.place.layer)
            for view in layer_kernels(found.place.layer)
        }
        if not kernels:
            raise UnsupportedModelError(
                f"No layer that matches {self.layer!r} has a kernel whose drift could be measured."
            )
        return [_DriftWatch(kernels, _initial(kernels, run))]


def _initial(kernels: dict[str, Kernel], run: Run) -> dict[str, np.ndarray]:
    """Return the kernels that the run began with; kept in a file, for when it is resumed."""
    file = run.directory / INITIAL_KERNELS
    kept: dict[str, np.ndarray] = {}
    if run.start_step > 0 and file.exists():
        with np.load(file) as stored:
            kept = {name: stored[name] for name in stored.files}
    initial = {
        name: kept[name] if name in kept and kept[name].shape == view.value.shape else view.copy()
        for name, view in kernels.items()
    }
    together: dict[str, Any] = {**kept, **initial}
    with atomic_path(file) as temporary:
        # Without `allow_pickle=False`, which NumPy before 2.1 takes for an array of that name.
        np.savez(temporary, **together)
    return initial


class _DriftWatch(Watch):
    def __init__(self, kernels: dict[str, Kernel], initial: dict[str, np.ndarray]) -> None:
        self._kernels = kernels
        self._initial = {name: keras.ops.convert_to_tensor(value) for name, value in initial.items()}
        self._norms = {name: max(float(np.linalg.norm(value)), 1e-12) for name, value in initial.items()}

    def collect(self) -> dict[str, float]:
        distances = {}
        for name, kernel in self._kernels.items():
            moved = keras.ops.cast(kernel.value, "float32") - self._initial[name]
            distance = keras.ops.sqrt(keras.ops.sum(keras.ops.square(moved)))
            distances[name] = float(keras.ops.convert_to_numpy(distance)) / self._norms[name]
        return distances

    def write(self, collected: dict[str, float], step: int, output: Output) -> None:
        for name, value in collected.items():
            output.log.scalar(f"drift/{name}", step, value)


@dataclass(frozen=True)
class _DeadFilters(Source):
    images: Sequence[Picture] | np.ndarray
    layer: Any

    def bind(self, run: Run) -> list[Watch]:
        batch = np.stack([model_picture(image, run.model) for image in self.images])
        found = list(resolve(run.model, "*" if self.layer is None else self.layer))
        if self.layer is None:
            found = [one for one in found if "Conv" in type(one.place.layer).__name__]
        if not found:
            raise UnsupportedModelError("The model has no convolution whose silent filters could be counted.")
        return [_DeadFilterWatch(Probe(run.model, [one.path for one in found]), batch)]


@dataclass
class _DeadFilterWatch(Watch):
    probe: Probe
    batch: np.ndarray

    def collect(self) -> dict[str, float]:
        return {path: silent_share(values) for path, values in self.probe.activations(self.batch).items()}

    def write(self, collected: dict[str, float], step: int, output: Output) -> None:
        for path, value in collected.items():
            output.log.scalar(f"dead_filters/{path}", step, value)


def silent_share(activations: np.ndarray) -> float:
    """Return the share of channels of `(n, ..., c)` that are nowhere above 0.

    >>> silent_share(np.array([[[0.0, -1.0, 2.0]], [[0.0, 3.0, 0.0]]]))
    0.3333333333333333
    """
    return float(np.mean(activations.max(axis=tuple(range(activations.ndim - 1))) <= 0))
