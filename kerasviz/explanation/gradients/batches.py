"""Pictures on their way through a method of input gradients: cut, moved, repeated, never all at once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from kerasviz.errors import InputError
from kerasviz.explanation.request import Request
from kerasviz.probe import (
    InputGradient,
    InputGradients,
    Target,
    leaves,
    picture_position,
    sliced,
    uses_channels_first,
    with_parameters,
)


def _over_channels(join: np.ufunc, values: np.ndarray) -> np.ndarray:
    # Channel by channel: NumPy reduces a last axis of three numbers twenty times slower.
    return functools.reduce(join, np.moveaxis(values, -1, 0))


# How the last axis, the channels, becomes one number per pixel.
REDUCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sum": lambda values: _over_channels(np.add, values),
    "sum_abs": lambda values: _over_channels(np.add, np.abs(values)),
    "max_abs": lambda values: _over_channels(np.maximum, np.abs(values)),
    "all": lambda values: values,
}


@dataclasses.dataclass(frozen=True)
class Samples:
    """Some pictures with what is asked of them, and what differentiates the model.

    `first` is the number of the first picture among all that were asked for; `limit` is how many pictures one
    run may hold.
    """

    differentiate: InputGradients
    target: Target
    batch: Any
    parameters: Sequence[np.ndarray]
    first: int
    limit: int

    def __len__(self) -> int:
        return len(leaves(self.batch)[0])

    @property
    def pictures(self) -> np.ndarray:
        """The pictures as float32, in the layout of the model."""
        return np.asarray(leaves(self.batch)[picture_position(self.batch)], np.float32)

    def run(self) -> InputGradient:
        """Return gradients, scores and classes of all pictures."""
        parts = [
            self.differentiate(batch, self.target, parameters)
            for batch, parameters in sliced((self.batch, list(self.parameters)), self.limit)
        ]
        return InputGradient.joined(parts)

    def moved(self, rows: Sequence[int], pictures: np.ndarray) -> Samples:
        """Return samples whose pictures are `pictures`, and all else that of `rows`."""
        arrays = [np.asarray(leaf)[list(rows)] for leaf in leaves(self.batch)]
        arrays[picture_position(self.batch)] = pictures
        batch = arrays[0] if hasattr(self.batch, "shape") else keras.tree.pack_sequence_as(self.batch, arrays)
        parameters = [values[list(rows)] for values in self.parameters]
        return dataclasses.replace(self, batch=batch, parameters=parameters)

    def with_fixed_classes(self) -> Samples:
        """Return the same with each picture's class settled: it no longer changes as the picture moves."""
        if not self.parameters:
            return self
        # The first parameter of a target of classes is each picture's class.
        return dataclasses.replace(self, parameters=[self.run().classes, *self.parameters[1:]])

    def pairs(self, count: int) -> Iterator[list[tuple[int, int]]]:
        """Yield all (row, number below `count`), a list for each run."""
        total = len(self) * count
        for start in range(0, total, self.limit):
            yield [divmod(at, count) for at in range(start, min(start + self.limit, total))]


def attribute(
    request: Request,
    differentiate: InputGradients,
    method: Callable[[Samples], np.ndarray],
    channels: str,
) -> np.ndarray:
    """Return the attributions of all pictures by `method`, batch by batch, the channels reduced.

    Raises:
        InputError: pictures without channels to reduce.
    """
    parts, first = [], 0
    for batch, parameters in with_parameters(
        request.model, request.images, request.target, request.batch_size
    ):
        samples = Samples(differentiate, request.target, batch, parameters, first, request.batch_size)
        first += len(samples)
        parts.append(reduced(channels_last(request.model, method(samples)), channels))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def channels_last(model: keras.Model, values: np.ndarray) -> np.ndarray:
    """Return attributions in the model's layout as (N, ..., C)."""
    return np.moveaxis(values, 1, -1) if values.ndim > 2 and uses_channels_first(model) else values


def reduced(values: np.ndarray, channels: str) -> np.ndarray:
    """Return attributions (N, ..., C) with the channels made one number, or all of them kept.

    >>> values = np.array([[[1.0, -3.0]]])
    >>> [reduced(values, channels).tolist() for channels in ("sum", "sum_abs", "max_abs", "all")]
    [[[-2.0]], [[4.0]], [[3.0]], [[[1.0, -3.0]]]]
    """
    if values.ndim < 3 and channels != "all":
        raise InputError(f"The inputs have the shape {values.shape}, without channels: pass channels='all'.")
    return REDUCTIONS[channels](values)
